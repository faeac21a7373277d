"""By walking: each schedule as what happens from one step to the next. numpy scalars come back."""

import numpy as np


def step_lr(t, base, every, gamma):
    lr = base
    for step in range(1, t + 1):
        if step % every == 0:
            lr *= gamma
    return lr


def exponential(t, base, gamma):
    return np.float64(base) * np.power(gamma, t)


def cosine(t, total, base, lr_min=0.0, warmup=0):
    if warmup > 0 and t <= warmup - 1:
        return np.linspace(0, base, warmup + 1)[t + 1]
    progress = 1.0 if total == warmup else np.clip((t - warmup) / (total - warmup), 0, 1)
    return 0.5 * base * (1 + np.cos(np.pi * progress)) + 0.5 * lr_min * (1 - np.cos(np.pi * progress))


def one_cycle(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    initial = max_lr / div
    lowest = initial / final_div
    phases = [(pct * total - 1, initial, max_lr), (total - 1, max_lr, lowest)]
    start = 0.0
    for end, a, b in phases:
        if t <= end:
            share = (t - start) / (end - start)
            return b + (a - b) / 2.0 * (np.cos(np.pi * share) + 1)
        start = end
    return lowest
