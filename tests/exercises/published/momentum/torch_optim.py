"""torch.optim.SGD on copies of the parameters, one tensor at a time (foreach=False: in Python)."""

import torch


class SGD:
    def __init__(self, params, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
        self.params = [torch.nn.Parameter(p.clone()) for p in params]
        options = {"dampening": dampening, "nesterov": nesterov, "weight_decay": weight_decay, "foreach": False}
        self.optimizer = torch.optim.SGD(self.params, lr, momentum, **options)

    @property
    def lr(self):
        return self.optimizer.param_groups[0]["lr"]

    @lr.setter
    def lr(self, rate):
        self.optimizer.param_groups[0]["lr"] = rate

    def step(self, grads):
        for p, g in zip(self.params, grads, strict=True):
            p.grad = None if g is None else g.clone()
        self.optimizer.step()
        return [p.detach().clone() for p in self.params]
