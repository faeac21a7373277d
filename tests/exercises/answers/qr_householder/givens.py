"""Givens rotations, one entry at a time; hypot keeps squares in range. Signs differ from Householder's."""

import math

import numpy as np


def rotations(a):
    r = a.copy()
    m, n = r.shape
    done = []
    for j in range(n):
        for i in range(m - 1, j, -1):
            x, y = float(r[i - 1, j]), float(r[i, j])
            if y == 0.0:
                continue
            h = math.hypot(x, y)
            c, s = x / h, y / h
            upper, lower = r[i - 1, :].copy(), r[i, :].copy()
            r[i - 1, :] = c * upper + s * lower
            r[i, :] = -s * upper + c * lower
            r[i, j] = 0
            done.append((i, c, s))
    return done, r


def qr(a):
    m, n = a.shape
    done, r = rotations(a)
    q = np.eye(m, n, dtype=a.dtype)
    for i, c, s in reversed(done):
        upper, lower = q[i - 1, :].copy(), q[i, :].copy()
        q[i - 1, :] = c * upper - s * lower
        q[i, :] = s * upper + c * lower
    return q, r[:n].copy()


def lstsq(a, b):
    done, r = rotations(a)
    c_b = b.copy()
    for i, c, s in done:
        c_b[i - 1], c_b[i] = c * c_b[i - 1] + s * c_b[i], -s * c_b[i - 1] + c * c_b[i]
    n = a.shape[1]
    x = np.zeros(n, dtype=a.dtype)
    for k in range(n - 1, -1, -1):
        s = c_b[k]
        for j in range(k + 1, n):
            s -= r[k, j] * x[j]
        x[k] = s / r[k, k]
    return x
