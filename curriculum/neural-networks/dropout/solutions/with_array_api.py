"""Dropout in the array API's functions: one file for numpy, torch and CuPy.

Draws are float32, half the bytes of the reference's; the unit's moments are two products with a vector, so that no
array of terms is made.
"""

from array_api_compat import array_namespace, device


def dropout(x, p, train, rng):
    xp = array_namespace(x)
    if not train:
        return xp.asarray(x, copy=True), xp.ones_like(x, dtype=xp.bool)
    mask = uniform(xp, rng, x) >= p  # draws are below 1, so p = 0 keeps all and p = 1 keeps none
    return dropout_backward(x, mask, p), mask


def dropout_backward(dy, mask, p):
    """The forward too: what is kept is multiplied by 1 / (1 - p) on either way."""
    return array_namespace(dy).where(mask, dy * (1 / (1 - p) if p < 1 else 0.0), 0.0)


def uniform(xp, rng, x):
    """A float32 in [0, 1) for each entry of x, from numpy's, cupy's or torch's generator."""
    if hasattr(rng, "random"):
        return xp.asarray(rng.random(x.shape, dtype="float32"), device=device(x))
    import torch

    return torch.rand(x.shape, dtype=torch.float32, generator=rng, device=rng.device)


def ensemble_moments(w, x, p):
    """A term w x m / (1 - p) with m 0 or 1 has mean w x and variance (w x)^2 p / (1 - p), and terms are independent."""
    if p == 1:
        xp = array_namespace(x)
        nothing = xp.zeros(x.shape[0], dtype=x.dtype, device=device(x))
        return nothing, xp.zeros_like(nothing)
    return x @ w, (x * x) @ (w * w) * (p / (1 - p))
