"""Householder tridiagonalisation and implicit QL with Wilkinson's shift, as tred2 and tql2 of EISPACK; power iteration
with the same scaling in every step and a random start from the unit cube."""

import math

import numpy as np


def tridiagonal(a):
    """q, diagonal, off-diagonal with q.T a q tridiagonal."""
    n = len(a)
    d, q = a.copy(), np.eye(n, dtype=a.dtype)
    for k in range(n - 2):
        x = d[k + 1 :, k]
        peak = np.max(np.abs(x[1:]))
        if peak == 0:
            continue
        v = x / np.max(np.abs(x))
        v[0] += math.copysign(np.sqrt(np.sum(v * v)), v[0])
        v /= np.sqrt(np.sum(v * v))
        d[k + 1 :, :] -= 2 * np.outer(v, v @ d[k + 1 :, :])
        d[:, k + 1 :] -= 2 * np.outer(d[:, k + 1 :] @ v, v)
        q[:, k + 1 :] -= 2 * np.outer(q[:, k + 1 :] @ v, v)
    return q, np.diag(d).astype(np.float64), np.diag(d, 1).astype(np.float64)


def eigh(a):
    n = len(a)
    if n == 0:
        return np.zeros(0, a.dtype), a.copy()
    top = float(np.max(np.abs(a))) or 1.0
    q, d, off = tridiagonal(a / a.dtype.type(top))
    z, e = q.astype(np.float64), np.append(off, 0.0)
    for low in range(n):
        for _ in range(60):
            m = low
            while m < n - 1 and abs(e[m]) > 1e-16 * (abs(d[m]) + abs(d[m + 1])) and abs(e[m]) > 1e-18:
                m += 1
            if m == low:
                break
            g = (d[low + 1] - d[low]) / (2 * e[low])
            r = math.hypot(g, 1.0)
            g = d[m] - d[low] + e[low] / (g + math.copysign(r, g))
            s = c = 1.0
            p = 0.0
            for i in range(m - 1, low - 1, -1):
                f, b = s * e[i], c * e[i]
                r = math.hypot(f, g)
                e[i + 1] = r
                if r == 0:
                    d[i + 1] -= p
                    e[m] = 0
                    break
                s, c = f / r, g / r
                g = d[i + 1] - p
                r = (d[i] - g) * s + 2 * c * b
                p = s * r
                d[i + 1] = g + p
                g = c * r - b
                z[:, i], z[:, i + 1] = c * z[:, i] - s * z[:, i + 1], s * z[:, i] + c * z[:, i + 1]
            else:
                d[low] -= p
                e[low] = g
                e[m] = 0
    order = np.argsort(d)
    return (d[order] * top).astype(a.dtype), z[:, order].astype(a.dtype)


def power_iteration(a, rng, tol=1e-5):
    n = a.shape[0]
    x = rng.uniform(-1, 1, n).astype(a.dtype)
    x /= np.sqrt(x @ x)
    top = np.abs(a).max()
    if top == 0:
        return 0.0, x
    b = a / top
    while True:
        y = b @ x
        lam = x @ y
        if np.sqrt(np.sum((y - lam * x) ** 2)) <= tol * abs(lam):
            return a.dtype.type(lam * top), x
        x = y / np.sqrt(y @ y)
