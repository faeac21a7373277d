"""torch's schedulers, moved to step t at once, on an optimizer that has nothing to learn."""

import warnings

import torch
from torch.optim import lr_scheduler

warnings.simplefilter("ignore")  # step(t) is deprecated


def _rate(t, base, schedule):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=base)
    schedule(optimizer).step(t)
    return float(optimizer.param_groups[0]["lr"])


def step_lr(t, base, every, gamma):
    return _rate(t, base, lambda optimizer: lr_scheduler.StepLR(optimizer, every, gamma))


def exponential(t, base, gamma):
    return _rate(t, base, lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma))


def cosine(t, total, base, lr_min=0.0, warmup=0):
    if t >= total:  # torch's comes up again after its end
        return lr_min
    if t < warmup:
        if warmup == 1:  # LinearLR divides by the number of steps less one
            return base
        climb = {"start_factor": 1 / warmup, "total_iters": warmup - 1}
        return _rate(t, base, lambda optimizer: lr_scheduler.LinearLR(optimizer, **climb))
    return _rate(t - warmup, base, lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, total - warmup, lr_min))


def one_cycle(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    if t >= total:  # torch raises
        return max_lr / div / final_div
    options = {"total_steps": total, "pct_start": pct, "div_factor": div, "final_div_factor": final_div}
    return _rate(t, max_lr, lambda optimizer: lr_scheduler.OneCycleLR(optimizer, max_lr, **options))
