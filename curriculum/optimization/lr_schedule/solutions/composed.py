"""One blend for all curves, and squares of sines, which keep their digits near the ends.

1 + cos(x) near x = pi subtracts two nearly equal numbers; cos(x/2)^2, which is the same on paper, does not.
"""

from math import cos, pi


def blend(start, end, share):
    """From start (share 0) to end (share 1) along half a cosine."""
    weight = cos(pi * share / 2) ** 2
    return end + (start - end) * weight


def step_lr(t, base, every, gamma):
    return exponential(t // every, base, gamma)


def exponential(t, base, gamma):
    return base * gamma**t


def cosine(t, total, base, lr_min=0.0, warmup=0):
    if t < warmup:
        return base * ((t + 1) / warmup)
    left = max(total - warmup, 1)  # 1: no cosine at all, and t - warmup is 0 or more
    return blend(base, lr_min, min(1.0, (t - warmup) / left)) if total > warmup else lr_min


def one_cycle(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    first = max_lr / div
    last = first / final_div
    peak = pct * total - 1
    if t <= peak:
        return blend(first, max_lr, t / peak)
    return blend(max_lr, last, min(1.0, (t - peak) / (total - 1 - peak))) if t < total else last
