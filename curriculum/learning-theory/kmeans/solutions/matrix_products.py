"""Distances and means by matrix products. Any array-API backend.

|x - c|^2 = |x|^2 - 2 x.c + |c|^2 turns n k distances into one product, after moving the origin to the mean of x: without
that the three terms cancel. Sums over clusters are a product too, with the (k, n) matrix of memberships.
"""

import math

from array_api_compat import array_namespace, device


def kmeanspp(x, k, rng):
    xp = array_namespace(x)
    n = x.shape[0]
    chosen = [min(int(uniform(rng) * n), n - 1)]
    nearest = xp.full((n,), math.inf, dtype=x.dtype, device=device(x))
    while len(chosen) < k:
        difference = x - x[chosen[-1], :]
        nearest = xp.minimum(nearest, xp.sum(difference * difference, axis=1))
        cumulative = xp.cumulative_sum(xp.astype(nearest, xp.float64))
        below = xp.sum(xp.astype(cumulative <= uniform(rng) * cumulative[-1], xp.int64))
        chosen.append(min(int(below), n - 1))
    return x[xp.asarray(chosen, device=device(x)), :]


def uniform(rng):
    """One float in [0, 1) from numpy's, cupy's or torch's generator."""
    if hasattr(rng, "random"):
        return float(rng.random())
    import torch

    return float(torch.rand((), dtype=torch.float64, generator=rng, device=rng.device))


def lloyd(x, centers, iters):
    xp = array_namespace(x)
    origin = xp.mean(x, axis=0)
    x, centers = x - origin, centers - origin
    squares = xp.sum(x * x, axis=1)
    names = xp.arange(centers.shape[0], device=device(x))[:, None]
    labels, risk = assign(x, squares, centers, xp)
    inertia = [risk]
    for _ in range(iters):
        member = xp.astype(labels[None, :] == names, x.dtype)  # (k, n)
        size = xp.sum(member, axis=1)[:, None]
        mean = (member @ x) / xp.where(size > 0, size, xp.ones_like(size))
        centers = xp.where(size > 0, mean, centers)
        labels, risk = assign(x, squares, centers, xp)
        inertia.append(risk)
    return centers + origin, labels, xp.stack(inertia)


def assign(x, squares, centers, xp):
    """(labels, inertia): |x|^2 is the same for all centres, so that it is added after the minimum."""
    partial = xp.sum(centers * centers, axis=1)[None, :] - 2 * (x @ centers.T)  # (n, k)
    nearest = xp.min(partial, axis=1) + squares
    return xp.argmin(partial, axis=1), xp.sum(xp.where(nearest > 0, nearest, xp.zeros_like(nearest)))
