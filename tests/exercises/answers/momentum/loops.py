"""State in a dict by parameter number, in place on copies, in the order of torch's own source."""

import numpy as np


class SGD:
    def __init__(self, params, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        self.params = [np.array(p) for p in params]
        self.lr = lr
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        self.state = {}

    def step(self, grads):
        for i in range(len(self.params)):
            if grads[i] is None:
                continue
            d_p = grads[i].copy()
            if self.weight_decay != 0:
                d_p += self.weight_decay * self.params[i]
            if self.momentum != 0:
                if i not in self.state:
                    self.state[i] = np.array(d_p)
                else:
                    buf = self.state[i]
                    buf *= self.momentum
                    buf += (1 - self.dampening) * d_p
                d_p = d_p + self.momentum * self.state[i] if self.nesterov else self.state[i]
            self.params[i] += -self.lr * d_p
        return [p.copy() for p in self.params]
