"""Jacobi with n / 2 disjoint pairs turned at once, rounds of a tournament (Brent and Luk 1985). Any array-API backend.

A sweep is n - 1 rounds of a few array operations each, instead of n (n - 1) / 2 turns of two rows. Row i plays row i +
half.
"""

import math

from array_api_compat import array_namespace, device


def eigh(a):
    xp, n = array_namespace(a), a.shape[0]
    if n == 0:
        return xp.sum(a, axis=0), a + 0
    half = (n + 1) // 2
    size = 2 * half
    d = xp.zeros((size, size), dtype=a.dtype, device=device(a))  # where n is odd, a row of zeros: a bye
    d[:n, :n] = a
    both = xp.concat(
        [d, xp.eye(size, dtype=a.dtype, device=device(a))], axis=1
    )  # rows of d beside rows of v transposed
    negligible = xp.finfo(a.dtype).eps * float(xp.max(xp.abs(a))) / n
    pairs = xp.arange(half, device=device(a))
    others = pairs + half
    # the first stays in its seat, all others move on by one
    seats = xp.asarray([0, half, *range(1, half - 1), *range(half + 1, size), half - 1][:size], device=device(a))
    for _sweep in range(40):
        rotated = False
        for _round in range(max(size - 1, 1)):
            apq = both[pairs, others]
            live = xp.abs(apq) > negligible
            if bool(xp.any(live)):
                c, s = rotations(both[pairs, pairs], both[others, others], apq, live, xp)
                both = turn(both, half, c, s, xp)
                both[:, :size] = turn(both[:, :size].T, half, c, s, xp).T
                rotated = True
            if half > 1:
                both = both[seats, :]
                both[:, :size] = both[:, :size][:, seats]
        if not rotated:
            break
    everyone = xp.arange(size, device=device(a))
    w, v = both[everyone, everyone], both[:, size:]
    if n % 2:  # without the bye, which is still an axis of its own
        rest = xp.argsort(xp.abs(v[:, n]))[:n]
        w, v = w[rest], v[rest, :n]
    order = xp.argsort(w)
    v = v[order, :]
    return w[order], (v / xp.sqrt(xp.sum(v * v, axis=1))[:, None]).T


def rotations(app, aqq, apq, live, xp):
    """(c, s) of every pair; 1 and 0 for those that need no turn."""
    one = xp.ones_like(apq)
    theta = (aqq - app) / (2 * xp.where(live, apq, one))
    t = xp.where(theta < 0, -one, one) / (xp.abs(theta) + xp.hypot(theta, one))
    t = xp.where(live, t, 0 * one)
    c = 1 / xp.sqrt(1 + t * t)
    return c[:, None], (c * t)[:, None]


def turn(rows, half, c, s, xp):
    p, q = rows[:half, :], rows[half:, :]
    return xp.concat([c * p - s * q, s * p + c * q])


def power_iteration(a, rng, tol=1e-5):
    """On a divided by a power of two near its largest entry, so that nothing else needs to be scaled."""
    scale = 2.0 ** math.frexp(float(abs(a).max()))[1]
    b, v = a / scale, random_vector(a, rng)
    v = v / math.sqrt(float(v @ v))
    for _step in range(100_000):
        moved = b @ v
        value = float(v @ moved)
        rest = moved - value * v
        if float(rest @ rest) <= (tol * value) ** 2:
            break
        v = moved / math.sqrt(float(moved @ moved))
    return value * scale, v


def random_vector(a, rng):
    if hasattr(rng, "standard_normal"):
        return array_namespace(a).asarray(rng.standard_normal(a.shape[0]), dtype=a.dtype)
    import torch

    return torch.randn(a.shape[0], dtype=a.dtype, device=a.device, generator=rng)
