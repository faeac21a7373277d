"""As scipy writes it: an elementwise p log p in float arithmetic with nan repaired, renormalized, divided by log(base)."""

import numpy as np


def xlogy(x, y):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x == 0, x.dtype.type(0), x * np.log(y))


def entropy(p, base=None, axis=-1):
    p = p / np.sum(p, axis=axis, keepdims=True)
    h = -np.sum(xlogy(p, p), axis=axis)
    if base is not None:
        h = h / np.log(p.dtype.type(base))
    return h


def cross_entropy(p, q, axis=-1):
    return np.sum(-xlogy(p, q), axis=axis)


def joint_entropy(p):
    return entropy(p.flatten())


def conditional_entropy(p):
    px = p.sum(axis=1)
    rows = [px[i] * entropy(p[i]) for i in range(len(p)) if px[i] > 0]
    return np.sum(rows, dtype=p.dtype)
