"""Plain loops over one distribution after the other, with math.log; the chain rule for the conditional entropy."""

import math

import numpy as np


def along(function, axis, *arrays):
    """Call function on each distribution along the axis."""
    moved = [np.moveaxis(a, axis, -1) for a in arrays]
    out = np.empty(moved[0].shape[:-1], arrays[0].dtype)
    for index in np.ndindex(out.shape):
        out[index] = function(*(m[index] for m in moved))
    return out


def one_entropy(p, base=None):
    total = 0.0
    for value in p.ravel():
        if value > 0:
            total -= float(value) * math.log(value)
    return total if base is None else total / math.log(base)


def one_cross_entropy(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a == 0:
            continue
        if b == 0:
            return math.inf
        total -= float(a) * math.log(b)
    return total


def entropy(p, base=None, axis=-1):
    return along(lambda row: one_entropy(row, base), axis, p)


def cross_entropy(p, q, axis=-1):
    return along(one_cross_entropy, axis, p, q)


def joint_entropy(p):
    return p.dtype.type(one_entropy(p))


def conditional_entropy(p):
    return p.dtype.type(one_entropy(p) - one_entropy(p.astype(np.float64).sum(axis=1)))
