"""torch, with operations that scale and add in one pass: the buffer in place, one new tensor per parameter."""

import torch


class SGD:
    def __init__(self, params, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError("nesterov needs a momentum, and no dampening")
        self.params = list(params)
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.nesterov, self.weight_decay = nesterov, weight_decay
        self.buffers = [None for _ in params]

    def step(self, grads):
        for i, g in enumerate(grads):
            if g is not None:
                direction = self._direction(i, self.params[i], g)
                self.params[i] = torch.add(self.params[i], direction, alpha=-self.lr)
        return list(self.params)

    def _direction(self, i, p, g):
        if self.weight_decay:
            g = torch.add(g, p, alpha=self.weight_decay)
        if not self.momentum:
            return g
        if self.buffers[i] is None:
            self.buffers[i] = g.clone()
        else:
            self.buffers[i].mul_(self.momentum).add_(g, alpha=1 - self.dampening)
        return torch.add(g, self.buffers[i], alpha=self.momentum) if self.nesterov else self.buffers[i]
