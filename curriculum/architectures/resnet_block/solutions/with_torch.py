"""The reference's block on torch tensors, with torch's convolution, which conv2d earns,
and its adjoints from torch.nn.grad."""

import torch
from torch.nn.functional import conv2d
from torch.nn.grad import conv2d_input, conv2d_weight

EPS, MOMENTUM = 1e-5, 0.1


class BasicBlock:
    def __init__(self, params, stride=1):
        self.params, self.stride = params, stride
        self.norm1 = BatchNorm(params["gamma1"], params["beta1"])
        self.norm2 = BatchNorm(params["gamma2"], params["beta2"])
        self.norms = BatchNorm(params["gammas"], params["betas"]) if "ws" in params else None

    def forward(self, x, train):
        p = self.params
        self.x = x
        a = self.norm1.forward(conv2d(x, p["w1"], stride=self.stride, padding=1), train)
        self.hidden = a.clamp_(min=0)
        branch = self.norm2.forward(conv2d(self.hidden, p["w2"], padding=1), train)
        shortcut = x if self.norms is None else self.norms.forward(conv2d(x, p["ws"], stride=self.stride), train)
        branch += shortcut
        self.y = branch.clamp_(min=0)
        return self.y

    def backward(self, dy):
        p, grads = self.params, {}
        dtotal = dy * (self.y > 0)
        d, grads["gamma2"], grads["beta2"] = self.norm2.backward(dtotal)
        dhidden, grads["w2"] = conv_backward(d, self.hidden, p["w2"], 1, 1)
        d, grads["gamma1"], grads["beta1"] = self.norm1.backward(dhidden * (self.hidden > 0))
        dx, grads["w1"] = conv_backward(d, self.x, p["w1"], self.stride, 1)
        if self.norms is None:
            return dx + dtotal, grads
        d, grads["gammas"], grads["betas"] = self.norms.backward(dtotal)
        dshortcut, grads["ws"] = conv_backward(d, self.x, p["ws"], self.stride, 0)
        return dx + dshortcut, grads


class BatchNorm:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma[:, None, None], beta[:, None, None]
        self.mean, self.var = torch.zeros_like(self.gamma), torch.ones_like(self.gamma)

    def forward(self, x, train):
        mean, var = self.mean, self.var
        if train:
            m = x.shape[0] * x.shape[2] * x.shape[3]
            mean = _mean(x)
            var = _mean((x - mean) ** 2)
            self.mean = (1 - MOMENTUM) * self.mean + MOMENTUM * mean
            self.var = (1 - MOMENTUM) * self.var + MOMENTUM * var * (m / (m - 1))
        self.std = torch.sqrt(var + EPS)
        self.xhat = (x - mean) / self.std
        return self.gamma * self.xhat + self.beta

    def backward(self, dy):
        g = dy * self.gamma
        dx = (g - _mean(g) - self.xhat * _mean(g * self.xhat)) / self.std
        return dx, torch.sum(dy * self.xhat, dim=(0, 2, 3)), torch.sum(dy, dim=(0, 2, 3))


def _mean(x):
    """Of each channel, (1, c, 1, 1)."""
    return x.mean(dim=(0, 2, 3), keepdim=True)


def conv_backward(dy, x, w, stride, padding):
    """(dx, dw)"""
    options = {"stride": stride, "padding": padding}
    return conv2d_input(x.shape, w, dy, **options), conv2d_weight(x, w.shape, dy, **options)
