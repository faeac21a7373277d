"""The layer as its definition has it: the whole weight is made, and gradients of a and b come from the whole weight's."""

import numpy as np


class LoRALinear:
    def __init__(self, w, bias, r, alpha, rng):
        self.w, self.bias = w, bias
        outputs, inputs = w.shape
        self.scale = alpha / r
        self.a = (rng.standard_normal((r, inputs)) / np.sqrt(inputs)).astype(w.dtype)
        self.b = np.zeros((outputs, r), w.dtype)  # a product that starts at 0, with a gradient that does not
        self.merged = False

    def forward(self, x):
        self.x = x
        y = x @ self._weight().T
        return y if self.bias is None else y + self.bias

    def backward(self, dy):
        rows = self.x.reshape(-1, self.x.shape[-1])
        dw = dy.reshape(-1, dy.shape[-1]).T @ rows  # of the whole weight, (out, in)
        da = self.scale * (self.b.T @ dw)
        db = self.scale * (dw @ self.a.T)
        return da, db, dy @ self._weight()

    def merge(self):
        if not self.merged:
            self.w = self.w + self._update()
            self.merged = True

    def unmerge(self):
        if self.merged:
            self.w = self.w - self._update()
            self.merged = False

    def trainable(self):
        return self.a.size + self.b.size

    def _update(self):
        return self.scale * (self.b @ self.a)

    def _weight(self):
        return self.w if self.merged else self.w + self._update()
