"""Through the bottleneck: x goes to r numbers and from there to the output, so no matrix of the size of w is ever made."""

import numpy as np


class LoRALinear:
    def __init__(self, w, bias, r, alpha, rng):
        self.w = self.base = w
        self.bias, self.scale = bias, alpha / r
        outputs, inputs = w.shape
        self.a = (rng.standard_normal((r, inputs)) / np.sqrt(inputs)).astype(w.dtype)
        self.b = np.zeros((outputs, r), w.dtype)

    def forward(self, x):
        self.x = x.reshape(-1, x.shape[-1])
        self.shape = x.shape
        y = self.x @ self.w.T
        if self.w is self.base:
            y += (self.x @ self.a.T) @ (self.scale * self.b.T)
        if self.bias is not None:
            y += self.bias
        return y.reshape(*x.shape[:-1], len(self.w))

    def backward(self, dy):
        dy = dy.reshape(-1, dy.shape[-1])
        through = dy @ (self.scale * self.b)  # (rows, r)
        da = through.T @ self.x
        db = dy.T @ (self.scale * (self.x @ self.a.T))
        dx = dy @ self.w
        if self.w is self.base:
            dx += through @ self.a
        return da, db, dx.reshape(self.shape)

    def merge(self):
        if self.w is self.base:
            self.w = self.base + (self.scale * self.b) @ self.a

    def unmerge(self):
        self.w = self.base  # kept, so that nothing is lost to rounding

    def trainable(self):
        return self.a.size + self.b.size
