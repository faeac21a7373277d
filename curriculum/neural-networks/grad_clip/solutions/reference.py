"""Clipping in plain array operations: one file for numpy, torch and CuPy.

Squares are taken of entries divided by the largest, so none overflows and none that matters vanishes.
"""

from math import inf, isfinite, sqrt

from array_api_compat import array_namespace


def clip_by_norm(grads, max_norm):
    total = _norm(grads)
    if not max_norm < total < inf:  # also where total is nan
        return list(grads), total
    factor = max_norm / total
    return [_scaled(g, factor) for g in grads], total


def clip_by_value(grads, c):
    return [array_namespace(g).clip(g, -c, c) for g in grads]


def _norm(grads):
    tops = [_largest(g) for g in grads]
    largest = max(tops, default=0.0)
    if largest == 0 or not all(map(isfinite, tops)):
        return sum(tops, 0.0)  # 0, inf or nan
    return largest * sqrt(sum(_sum_of_squares(g, largest) for g in grads))


def _largest(g):
    xp = array_namespace(g)
    return float(xp.max(xp.abs(g))) if 0 not in g.shape else 0.0


def _sum_of_squares(g, unit):
    return float(array_namespace(g).sum((_wide(g) / unit) ** 2))


def _scaled(g, factor):
    """In float32 at least: a factor of 1e-6 is not even a float16."""
    return array_namespace(g).astype(_wide(g) * factor, g.dtype, copy=False)


def _wide(g):
    xp = array_namespace(g)
    return xp.astype(g, xp.result_type(g, xp.float32), copy=False)
