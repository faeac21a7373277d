"""Adam, AdamW and RMSprop in plain array operations: one file for numpy, torch and CuPy.

Every step makes new arrays, so nothing that was handed out can change.
"""

from array_api_compat import array_namespace


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False, amsgrad=False):
        self.xp = array_namespace(*params)
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.decoupled, self.amsgrad = weight_decay, decoupled, amsgrad
        self.t = 0
        self.m = [self.xp.zeros_like(p) for p in params]
        self.v = [self.xp.zeros_like(p) for p in params]
        self.v_max = [self.xp.zeros_like(p) for p in params]

    def step(self, grads):
        self.t += 1
        self.params = [self._moved(i, g) for i, g in enumerate(grads)]
        return list(self.params)

    def _moved(self, i, g):
        beta1, beta2 = self.betas
        p = self.params[i]
        if self.decoupled:
            p = p * (1 - self.lr * self.weight_decay)
        else:
            g = g + self.weight_decay * p
        self.m[i] = beta1 * self.m[i] + (1 - beta1) * g
        self.v[i] = beta2 * self.v[i] + (1 - beta2) * g * g
        v = self.v[i]
        if self.amsgrad:
            v = self.v_max[i] = self.xp.maximum(self.v_max[i], v)
        m_hat = self.m[i] / (1 - beta1**self.t)
        v_hat = v / (1 - beta2**self.t)
        return p - self.lr * m_hat / (v_hat**0.5 + self.eps)


class RMSprop:
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        xp = array_namespace(*params)
        self.params = list(params)
        self.lr, self.alpha, self.eps, self.momentum, self.centered = lr, alpha, eps, momentum, centered
        self.mean_square = [xp.zeros_like(p) for p in params]
        self.mean = [xp.zeros_like(p) for p in params]
        self.buffer = [xp.zeros_like(p) for p in params]

    def step(self, grads):
        self.params = [self._moved(i, g) for i, g in enumerate(grads)]
        return list(self.params)

    def _moved(self, i, g):
        alpha = self.alpha
        self.mean_square[i] = alpha * self.mean_square[i] + (1 - alpha) * g * g
        spread = self.mean_square[i]
        if self.centered:
            self.mean[i] = alpha * self.mean[i] + (1 - alpha) * g
            spread = spread - self.mean[i] ** 2
        self.buffer[i] = self.momentum * self.buffer[i] + g / (spread**0.5 + self.eps)
        return self.params[i] - self.lr * self.buffer[i]
