"""Householder's reflections, a column at a time, each applied to all columns that follow. Any array-API backend."""

import math

from array_api_compat import array_namespace, device


def qr(a):
    xp = array_namespace(a)
    reflectors, r = triangularise(a)
    q = xp.eye(*a.shape, dtype=a.dtype, device=device(a))
    for j in reversed(range(len(reflectors))):  # q = H_0 H_1 ... times the identity: the last comes first
        q[j:, :] = reflect(reflectors[j], q[j:, :])
    return q, r


def lstsq(a, b):
    reflectors, r = triangularise(a)
    c = array_namespace(a).asarray(b, copy=True)[:, None]
    for j, v in enumerate(reflectors):  # the transpose of q, times b
        c[j:, :] = reflect(v, c[j:, :])
    return back_substitution(r, c[: r.shape[0], 0])


def triangularise(a):
    """Unit vectors v_j (m - j,) with (I - 2 v v^T) ... a = r, and r (n, n)."""
    xp = array_namespace(a)
    r, reflectors = xp.asarray(a, copy=True), []
    for j in range(a.shape[1]):
        v = reflector(r[j:, j])
        r[j:, j:] = reflect(v, r[j:, j:])
        reflectors.append(v)
    return reflectors, xp.triu(r[: a.shape[1], :])


def reflector(x):
    """The unit v whose reflection takes x to -sign(x_0) |x| e_0; zeros for x = 0, whose reflection is none."""
    largest = float(abs(x).max())
    if largest == 0:
        return 0 * x
    v = x / largest  # squares of the entries neither overflow nor vanish
    v[0] = v[0] + math.copysign(length(v), float(v[0]))  # of equal sign: an addition, so nothing cancels
    return v / length(v)


def length(x):
    return math.sqrt(float(x @ x))


def reflect(v, columns):
    return columns - 2 * v[:, None] * (v @ columns)[None, :]


def back_substitution(r, c):
    x = array_namespace(r).zeros_like(c)
    for i in reversed(range(len(c))):
        x[i] = (c[i] - r[i, i + 1 :] @ x[i + 1 :]) / r[i, i]
    return x
