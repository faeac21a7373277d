"""A list of layer objects with einsum convolutions, wired by hand."""

import numpy as np


class Conv:
    def __init__(self, w, stride):
        self.w, self.s, self.p = w, stride, w.shape[2] // 2

    def forward(self, x):
        self.shape = x.shape
        xp = np.pad(x, ((0, 0), (0, 0), (self.p, self.p), (self.p, self.p)))
        win = np.lib.stride_tricks.sliding_window_view(xp, self.w.shape[2:], axis=(2, 3))
        self.win = win[:, :, :: self.s, :: self.s]
        return np.einsum("ncijuv,ocuv->noij", self.win, self.w, optimize=True)

    def backward(self, dy):
        n, c, h, w = self.shape
        self.dw = np.einsum("noij,ncijuv->ocuv", dy, self.win, optimize=True)
        dxp = np.zeros((n, c, h + 2 * self.p, w + 2 * self.p), dy.dtype)
        k = self.w.shape[2]
        for i in range(dy.shape[2]):
            for j in range(dy.shape[3]):
                patch = np.tensordot(dy[:, :, i, j], self.w, axes=1)
                dxp[:, :, i * self.s : i * self.s + k, j * self.s : j * self.s + k] += patch
        return dxp[:, :, self.p : self.p + h, self.p : self.p + w]


class Norm:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma, beta
        self.running_mean, self.running_var = np.zeros_like(gamma), np.ones_like(gamma)

    def forward(self, x, train):
        rows = x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])
        if train:
            mu, var = rows.mean(0), rows.var(0)
            self.running_mean = self.running_mean * 0.9 + 0.1 * mu
            self.running_var = self.running_var * 0.9 + 0.1 * rows.var(0, ddof=1)
        else:
            mu, var = self.running_mean, self.running_var
        self.inv = (1 / np.sqrt(var + 1e-5)).astype(x.dtype)
        self.xhat = (rows - mu) * self.inv
        out = self.xhat * self.gamma + self.beta
        return out.reshape(x.shape[0], x.shape[2], x.shape[3], -1).transpose(0, 3, 1, 2)

    def backward(self, dy):
        n, c, h, w = dy.shape
        d = dy.transpose(0, 2, 3, 1).reshape(-1, c)
        m = len(d)
        self.dgamma, self.dbeta = (d * self.xhat).sum(0), d.sum(0)
        dx = self.gamma * self.inv / m * (m * d - self.dbeta - self.xhat * self.dgamma)
        return dx.reshape(n, h, w, c).transpose(0, 3, 1, 2)


class BasicBlock:
    def __init__(self, params, stride=1):
        self.conv1, self.norm1 = Conv(params["w1"], stride), Norm(params["gamma1"], params["beta1"])
        self.conv2, self.norm2 = Conv(params["w2"], 1), Norm(params["gamma2"], params["beta2"])
        self.down = None
        if "ws" in params:
            self.down = (Conv(params["ws"], stride), Norm(params["gammas"], params["betas"]))

    def forward(self, x, train):
        a = self.norm1.forward(self.conv1.forward(x), train)
        self.m1 = a > 0
        b = self.norm2.forward(self.conv2.forward(a * self.m1), train)
        s = x if self.down is None else self.down[1].forward(self.down[0].forward(x), train)
        out = b + s
        self.m2 = out > 0
        return np.ascontiguousarray(out * self.m2)

    def backward(self, dy):
        d = dy * self.m2
        dh = self.conv2.backward(self.norm2.backward(d))
        dx = self.conv1.backward(self.norm1.backward(dh * self.m1))
        grads = {}
        pairs = [("1", self.conv1, self.norm1), ("2", self.conv2, self.norm2)]
        if self.down is None:
            dx = dx + d
        else:
            dx = dx + self.down[0].backward(self.down[1].backward(d))
            pairs.append(("s", *self.down))
        for key, conv, norm in pairs:
            grads["w" + key], grads["gamma" + key], grads["beta" + key] = conv.dw, norm.dgamma, norm.dbeta
        return dx, grads
