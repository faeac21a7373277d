"""SGD with momentum in plain array operations: one file for numpy, torch and CuPy.

Every step makes new arrays, so nothing that was handed out can change.
"""


class SGD:
    def __init__(self, params, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError("nesterov needs a momentum, and no dampening")
        self.params = list(params)  # arrays of any array_namespace: only operators are used
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.nesterov, self.weight_decay = nesterov, weight_decay
        self.buffers = [None for _ in params]

    def step(self, grads):
        for i, g in enumerate(grads):
            if g is not None:
                self.params[i] = self._moved(i, g)
        return list(self.params)

    def _moved(self, i, g):
        p, b = self.params[i], self.buffers[i]
        g = g + self.weight_decay * p
        b = g if b is None else self.momentum * b + (1 - self.dampening) * g
        self.buffers[i] = b
        direction = g + self.momentum * b if self.nesterov else b
        if self.momentum == 0:
            direction = g
        return p - self.lr * direction
