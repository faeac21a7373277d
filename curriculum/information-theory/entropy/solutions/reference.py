"""Entropies from their definitions, for numpy, torch and CuPy: logarithms are taken only where there is probability."""

import math

from array_api_compat import array_namespace


def entropy(p, base=None, axis=-1):
    xp = array_namespace(p)
    log_p = xp.log(xp.where(p > 0, p, xp.ones_like(p)))  # log 1 = 0 stands in where p is 0
    nats = -xp.sum(p * log_p, axis=axis)
    return nats if base is None else nats / math.log(base)


def cross_entropy(p, q, axis=-1):
    xp = array_namespace(p)
    possible = p > 0
    log_q = xp.log(xp.where(possible, q, xp.ones_like(q)))  # -inf only where p > 0 and q = 0
    return -xp.sum(p * log_q, axis=axis)


def joint_entropy(p):
    return entropy(p, axis=None)


def conditional_entropy(p):
    xp = array_namespace(p)
    row = xp.sum(p, axis=1, keepdims=True)
    given = xp.where(p > 0, p / xp.where(row > 0, row, xp.ones_like(row)), xp.ones_like(p))
    return -xp.sum(p * xp.log(given))
