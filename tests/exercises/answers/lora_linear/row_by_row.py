"""A loop over rows and outer products, as in a first derivation."""

import numpy as np


class LoRALinear:
    def __init__(self, w, bias, r, alpha, rng):
        self.w, self.bias, self.r, self.alpha = w.copy(), bias, r, alpha
        self.a = np.asarray(rng.choice([-1.0, 1.0], size=(r, w.shape[1])) / w.shape[1] ** 0.5, dtype=w.dtype)
        self.b = np.zeros((w.shape[0], r), dtype=w.dtype)
        self.merged = False

    def forward(self, x):
        self.x = x
        y = np.zeros((*x.shape[:-1], len(self.w)), dtype=self.w.dtype)
        for place in np.ndindex(x.shape[:-1]):
            y[place] = self.w @ x[place]
            if not self.merged:
                y[place] += self.alpha / self.r * (self.b @ (self.a @ x[place]))
            if self.bias is not None:
                y[place] += self.bias
        return y

    def backward(self, dy):
        da, db, dx = np.zeros_like(self.a), np.zeros_like(self.b), np.zeros_like(self.x)
        s = self.alpha / self.r
        for place in np.ndindex(dy.shape[:-1]):
            up = s * (dy[place] @ self.b)
            da += np.outer(up, self.x[place])
            db += np.outer(dy[place], s * (self.a @ self.x[place]))
            dx[place] = dy[place] @ self.w
            if not self.merged:
                dx[place] += up @ self.a
        return da, db, dx

    def merge(self):
        if self.merged:
            return
        self.w += (self.alpha / self.r * (self.b @ self.a)).astype(self.w.dtype)
        self.merged = True

    def unmerge(self):
        if not self.merged:
            return
        self.w -= (self.alpha / self.r * (self.b @ self.a)).astype(self.w.dtype)
        self.merged = False

    def trainable(self):
        return int(np.prod(self.a.shape) + np.prod(self.b.shape))
