"""numpy, faster: the dot product of each array with itself, and the careful way only where that leaves the safe range.

A dot product reads memory once and writes nothing, where division, square and sum make two temporaries. If the sum of squares is
an ordinary number no square that matters was lost: what vanished is below the smallest float, far below an ulp of the sum.
"""

from math import inf, isfinite, sqrt

import numpy as np

SAFE = {"float32": (1e-25, 1e37), "float64": (1e-280, 1e300)}


def clip_by_norm(grads, max_norm):
    total = _norm(grads)
    if not max_norm < total < inf:
        return list(grads), total
    factor = max_norm / total
    return [
        (g * factor if g.dtype != np.float16 else _wide(g) * factor).astype(g.dtype, copy=False) for g in grads
    ], total


def clip_by_value(grads, c):
    return [np.asarray(g).clip(-c, c) for g in grads]


def _norm(grads):
    total = 0.0
    for g in grads:
        flat = _wide(g).reshape(-1)
        with np.errstate(over="ignore"):
            squares = float(np.dot(flat, flat))
        low, high = SAFE[flat.dtype.name]
        if not low < squares < high:
            return _careful_norm(grads)
        total += squares
    return sqrt(total)


def _careful_norm(grads):
    wide = [_wide(g) for g in grads]
    tops = [float(np.abs(g).max(initial=0.0)) for g in wide]
    largest = max(tops, default=0.0)
    if largest == 0 or not all(map(isfinite, tops)):
        return float(sum(tops))
    return largest * sqrt(sum(float(((g / largest) ** 2).sum()) for g in wide))


def _wide(g):
    return g.astype(np.result_type(g, np.float32), copy=False)
