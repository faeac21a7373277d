"""numpy, as fast as it gets here: state in one flat vector, updated in place, a block at a time while it is cached.

The reference makes about twelve temporaries of the parameters' size; here a step writes the state and one new vector of
parameters, of which the returned arrays are views.
"""

import math

import numpy as np

BLOCK = 1 << 14  # elements: 64 kB of float32, so that a block of everything fits the second-level cache


class Flat:
    """Parameters of any shapes as one vector, which step() replaces by a new one."""

    def __init__(self, params):
        self.shapes = [p.shape for p in params]
        self.ends = np.cumsum([p.size for p in params])
        self.vector = self._joined(params)

    def zeros(self):
        return np.zeros_like(self.vector)

    def step(self, grads):
        old, g = self.vector, self._joined(grads)
        self.vector = np.empty_like(old)
        for start in range(0, old.size, BLOCK):
            block = slice(start, start + BLOCK)
            self.move(block, old[block], g[block], self.vector[block])
        pieces = np.split(self.vector, self.ends[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    @staticmethod
    def _joined(arrays):
        return arrays[0].reshape(-1) if len(arrays) == 1 else np.concatenate([a.reshape(-1) for a in arrays])


class Adam(Flat):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False, amsgrad=False):
        super().__init__(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.decoupled, self.amsgrad = weight_decay, decoupled, amsgrad
        self.t, self.m, self.v = 0, self.zeros(), self.zeros()
        self.v_max = self.zeros() if amsgrad else None

    def step(self, grads):
        self.t += 1
        return super().step(grads)

    def move(self, block, p, g, out):
        """Write p's block after the step into out. Both corrections are numbers: they cost nothing per element."""
        (beta1, beta2), m, v = self.betas, self.m[block], self.v[block]
        if self.weight_decay and not self.decoupled:
            g = g + self.weight_decay * p
        work = (1 - beta1) * g
        m *= beta1
        m += work
        np.multiply(g, g, out=work)
        work *= 1 - beta2
        v *= beta2
        v += work
        if self.amsgrad:
            v = np.maximum(self.v_max[block], v, out=self.v_max[block])
        np.sqrt(v, out=work)
        work *= 1 / math.sqrt(1 - beta2**self.t)
        work += self.eps
        np.divide(m, work, out=work)
        work *= self.lr / (1 - beta1**self.t)
        np.multiply(p, 1 - self.lr * self.weight_decay if self.decoupled else 1.0, out=out)
        out -= work


class RMSprop(Flat):
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        super().__init__(params)
        self.lr, self.alpha, self.eps, self.momentum, self.centered = lr, alpha, eps, momentum, centered
        self.mean_square = self.zeros()
        self.mean = self.zeros() if centered else None
        self.buffer = self.zeros() if momentum else None

    def move(self, block, p, g, out):
        spread = self.mean_square[block]
        work = g * g
        work *= 1 - self.alpha
        spread *= self.alpha
        spread += work
        if self.centered:
            mean = self.mean[block]
            np.multiply(g, 1 - self.alpha, out=work)
            mean *= self.alpha
            mean += work
            spread = spread - mean * mean
        np.sqrt(spread, out=work)
        work += self.eps
        np.divide(g, work, out=work)
        if self.momentum:
            buffer = self.buffer[block]
            buffer *= self.momentum
            buffer += work
            np.copyto(work, buffer)
        work *= self.lr
        np.subtract(p, work, out=out)
