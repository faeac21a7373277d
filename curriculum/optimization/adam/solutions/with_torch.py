"""torch, with its fused element-wise operations (lerp, addcmul, addcdiv): state in place, one new tensor per parameter."""

import math

import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False, amsgrad=False):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.decoupled, self.amsgrad = weight_decay, decoupled, amsgrad
        self.t = 0
        self.m, self.v = _zeros(params), _zeros(params)
        self.v_max = _zeros(params) if amsgrad else self.v

    def step(self, grads):
        self.t += 1
        state = zip(self.params, grads, self.m, self.v, self.v_max, strict=True)
        self.params = [self._moved(*each) for each in state]
        return list(self.params)

    def _moved(self, p, g, m, v, v_max):
        beta1, beta2 = self.betas
        if self.weight_decay and self.decoupled:
            p = p * (1 - self.lr * self.weight_decay)
        elif self.weight_decay:
            g = torch.add(g, p, alpha=self.weight_decay)
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        if self.amsgrad:
            torch.maximum(v_max, v, out=v_max)
        root = v_max.sqrt().mul_(1 / math.sqrt(1 - beta2**self.t)).add_(self.eps)
        return torch.addcdiv(p, m, root, value=-self.lr / (1 - beta1**self.t))


class RMSprop:
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        self.params = list(params)
        self.lr, self.alpha, self.eps, self.momentum, self.centered = lr, alpha, eps, momentum, centered
        self.mean_square, self.mean, self.buffer = _zeros(params), _zeros(params), _zeros(params)

    def step(self, grads):
        state = zip(self.params, grads, self.mean_square, self.mean, self.buffer, strict=True)
        self.params = [self._moved(*each) for each in state]
        return list(self.params)

    def _moved(self, p, g, mean_square, mean, buffer):
        spread = mean_square.mul_(self.alpha).addcmul_(g, g, value=1 - self.alpha)
        if self.centered:
            mean.lerp_(g, 1 - self.alpha)
            spread = torch.addcmul(mean_square, mean, mean, value=-1)
        root = spread.sqrt().add_(self.eps)
        if not self.momentum:
            return torch.addcdiv(p, g, root, value=-self.lr)
        buffer.mul_(self.momentum).addcdiv_(g, root)
        return torch.add(p, buffer, alpha=-self.lr)


def _zeros(params):
    return [torch.zeros_like(p) for p in params]
