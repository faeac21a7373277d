"""Jacobi's method: rotate pairs of axes until nothing is left beside the diagonal. Any array-API backend."""

import math

from array_api_compat import array_namespace, device


def eigh(a):
    xp, n = array_namespace(a), a.shape[0]
    d, v = xp.asarray(a, copy=True), xp.eye(n, dtype=a.dtype, device=device(a))
    negligible = xp.finfo(a.dtype).eps * largest(a)
    for _sweep in range(40):
        rotated = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                if abs(float(d[p, q])) <= negligible:
                    continue
                c, s = rotation(float(d[p, p]), float(d[q, q]), float(d[p, q]))
                turn(d, p, q, c, s)  # its columns
                turn(d.T, p, q, c, s)  # and its rows, through a view
                d[p, q] = d[q, p] = 0
                turn(v, p, q, c, s)
                rotated = True
        if not rotated:
            break
    w = xp.sum(d * xp.eye(n, dtype=a.dtype, device=device(a)), axis=1)
    order = xp.argsort(w)
    return w[order], v[:, order]


def rotation(app, aqq, apq):
    """(c, s) with which columns and rows c p - s q, s p + c q of [[app, apq], [apq, aqq]] make it diagonal."""
    theta = (aqq - app) / (2 * apq)
    t = math.copysign(1.0, theta) / (abs(theta) + math.hypot(1.0, theta))  # the smaller root: at most 45 degrees
    c = 1 / math.hypot(1.0, t)
    return c, c * t


def turn(m, p, q, c, s):
    """Columns p and q of m, in place."""
    old_p, old_q = m[:, p] + 0, m[:, q] + 0
    m[:, p] = c * old_p - s * old_q
    m[:, q] = s * old_p + c * old_q


def largest(a):
    return float(abs(a).max()) if 0 not in a.shape else 0.0


def power_iteration(a, rng, tol=1e-5):
    v = unit(random_vector(a, rng))
    for _step in range(4_000):
        moved = a @ v
        value = float(v @ moved)  # Rayleigh's quotient: v has length 1
        if length(moved - value * v) <= tol * abs(value):
            break
        v = unit(moved)
    return value, v


def random_vector(a, rng):
    if hasattr(rng, "standard_normal"):
        return array_namespace(a).asarray(rng.standard_normal(a.shape[0]), dtype=a.dtype)
    import torch

    return torch.randn(a.shape[0], dtype=a.dtype, device=a.device, generator=rng)


def length(x):
    peak = largest(x)
    return peak * math.sqrt(float((x / peak) @ (x / peak))) if peak else 0.0


def unit(x):
    x = x / largest(x)  # squares of the entries neither overflow nor vanish
    return x / length(x)
