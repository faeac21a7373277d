"""Four schedules, each as its definition says it. Plain Python."""

from math import cos, pi


def step_lr(t, base, every, gamma):
    return base * gamma ** (t // every)


def exponential(t, base, gamma):
    return base * gamma**t


def cosine(t, total, base, lr_min=0.0, warmup=0):
    if t >= total:
        return lr_min
    if t < warmup:
        return base * (t + 1) / warmup
    done = (t - warmup) / (total - warmup)
    return lr_min + (base - lr_min) * (1 + cos(pi * done)) / 2


def one_cycle(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    first, last = max_lr / div, max_lr / div / final_div
    peak = pct * total - 1
    if t > total - 1:
        return last
    if t <= peak:
        return first + (max_lr - first) * (1 - cos(pi * t / peak)) / 2
    down = (t - peak) / (total - 1 - peak)
    return last + (max_lr - last) * (1 + cos(pi * down)) / 2
