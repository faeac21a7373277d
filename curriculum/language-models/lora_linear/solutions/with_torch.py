"""Through the bottleneck on torch tensors, with addmm adding the low-rank part to the base's product in place."""

import torch


class LoRALinear:
    def __init__(self, w, bias, r, alpha, rng):
        self.w = self.base = w
        self.bias, self.scale = bias, alpha / r
        outputs, inputs = w.shape
        self.a = (torch.randn(r, inputs, generator=rng, device=w.device, dtype=torch.float32) / inputs**0.5).to(w.dtype)
        self.b = torch.zeros((outputs, r), dtype=w.dtype, device=w.device)

    def forward(self, x):
        self.x = x.reshape(-1, x.shape[-1])
        self.shape = x.shape
        y = self.x @ self.w.T if self.bias is None else torch.addmm(self.bias, self.x, self.w.T)
        if self.w is self.base:
            y.addmm_(self.x @ self.a.T, self.b.T, alpha=self.scale)
        return y.reshape(*x.shape[:-1], len(self.w))

    def backward(self, dy):
        dy = dy.reshape(-1, dy.shape[-1])
        through = (dy @ self.b).mul_(self.scale)
        da = through.T @ self.x
        db = (dy.T @ (self.x @ self.a.T)).mul_(self.scale)
        dx = dy @ self.w
        if self.w is self.base:
            dx.addmm_(through, self.a)
        return da, db, dx.reshape(self.shape)

    def merge(self):
        if self.w is self.base:
            self.w = torch.addmm(self.base, self.b, self.a, alpha=self.scale)

    def unmerge(self):
        self.w = self.base

    def trainable(self):
        return self.a.numel() + self.b.numel()
