"""Through the bottleneck in the array API's functions: x goes to r numbers and from there to the output.

One file for numpy, torch and CuPy. The given w is kept beside the merged one: its identity says whether w is merged, and
taking the update out again costs nothing and loses nothing to rounding.
"""

import math

from array_api_compat import array_namespace, device


class LoRALinear:
    def __init__(self, w, bias, r, alpha, rng):
        xp = array_namespace(w)
        self.w = self.base = w
        self.bias, self.scale = bias, alpha / r
        outputs, inputs = w.shape
        self.a = xp.asarray(normal((r, inputs), rng) / math.sqrt(inputs), dtype=w.dtype, device=device(w))
        self.b = xp.zeros((outputs, r), dtype=w.dtype, device=device(w))

    def forward(self, x):
        xp = array_namespace(x)
        self.x, self.shape = _rows(x), x.shape
        y = self.x @ self.w.T
        if self.w is self.base:
            y += (self.x @ self.a.T) @ (self.scale * self.b.T)
        if self.bias is not None:
            y += self.bias
        return xp.reshape(y, (*x.shape[:-1], self.w.shape[0]))

    def backward(self, dy):
        dy = _rows(dy)
        through = dy @ (self.scale * self.b)  # (rows, r)
        da = through.T @ self.x
        db = dy.T @ (self.x @ (self.scale * self.a.T))
        dx = dy @ self.w
        if self.w is self.base:
            dx += through @ self.a
        return da, db, array_namespace(dy).reshape(dx, self.shape)

    def merge(self):
        if self.w is self.base:
            self.w = self.base + (self.scale * self.b) @ self.a

    def unmerge(self):
        self.w = self.base

    def trainable(self):
        return math.prod(self.a.shape) + math.prod(self.b.shape)


def _rows(x):
    """x with its leading axes as one."""
    return array_namespace(x).reshape(x, (-1, x.shape[-1]))


def normal(shape, rng):
    """Standard normal numbers of numpy's, cupy's or torch's generator."""
    if hasattr(rng, "standard_normal"):
        return rng.standard_normal(shape)
    import torch

    return torch.randn(shape, generator=rng, device=rng.device)
