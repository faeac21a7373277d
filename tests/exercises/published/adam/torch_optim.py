"""torch.optim's own classes on copies of the parameters, one tensor at a time (foreach=False: in Python)."""

import torch


class Stepped:
    def __init__(self, kind, params, **options):
        self.params = [torch.nn.Parameter(p.clone()) for p in params]
        self.optimizer = kind(self.params, foreach=False, **options)

    @property
    def lr(self):
        return self.optimizer.param_groups[0]["lr"]

    @lr.setter
    def lr(self, rate):
        self.optimizer.param_groups[0]["lr"] = rate

    def step(self, grads):
        for p, g in zip(self.params, grads, strict=True):
            p.grad = g.clone()
        self.optimizer.step()
        return [p.detach().clone() for p in self.params]


class Adam(Stepped):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False, amsgrad=False):
        kind = torch.optim.AdamW if decoupled else torch.optim.Adam
        super().__init__(kind, params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)


class RMSprop(Stepped):
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        kind = torch.optim.RMSprop
        super().__init__(kind, params, lr=lr, alpha=alpha, eps=eps, momentum=momentum, centered=centered)
