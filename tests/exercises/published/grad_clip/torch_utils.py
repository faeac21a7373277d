"""torch.nn.utils.clip_grad_value_. Not clip_by_norm: torch's adds 1e-6 to the norm, and squares overflow in it."""

import torch


def clip_by_value(grads, c):
    if not grads:  # torch raises
        return []
    params = [torch.nn.Parameter(torch.zeros_like(g)) for g in grads]
    for p, g in zip(params, grads, strict=True):
        p.grad = g.clone()
    torch.nn.utils.clip_grad_value_(params, c, foreach=False)
    return [p.grad for p in params]
