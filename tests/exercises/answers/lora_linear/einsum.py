"""Every product an einsum with named axes, and the caller's w kept under another name."""

import numpy as np


class LoRALinear:
    def __init__(self, w, bias, r, alpha, rng):
        self.frozen, self.bias, self.gain = w, bias, alpha / r
        self.w = w
        limit = np.sqrt(3 / w.shape[1])
        self.a = rng.uniform(-limit, limit, (r, w.shape[1])).astype(w.dtype)
        self.b = np.zeros((w.shape[0], r), dtype=w.dtype)
        self.is_merged = False

    def forward(self, x):
        self.last = x
        y = np.einsum("...i,oi->...o", x, self.w)
        if not self.is_merged:
            y = y + self.gain * np.einsum("...i,ri,or->...o", x, self.a, self.b, optimize=True)
        if self.bias is not None:
            y = y + self.bias
        return y

    def backward(self, dy):
        x = self.last.reshape(-1, self.last.shape[-1])
        flat = dy.reshape(-1, dy.shape[-1])
        up = np.einsum("no,or->nr", flat, self.b)
        down = np.einsum("ni,ri->nr", x, self.a)
        da = self.gain * np.einsum("nr,ni->ri", up, x)
        db = self.gain * np.einsum("no,nr->or", flat, down)
        dx = np.einsum("no,oi->ni", flat, self.frozen) + self.gain * np.einsum("nr,ri->ni", up, self.a)
        return da, db, dx.reshape(self.last.shape)

    def merge(self):
        self.w = self.frozen + self.gain * np.einsum("or,ri->oi", self.b, self.a)
        self.is_merged = True

    def unmerge(self):
        self.w, self.is_merged = self.frozen.copy(), False

    def trainable(self):
        outputs, inputs = self.w.shape
        return len(self.a) * (inputs + outputs)
