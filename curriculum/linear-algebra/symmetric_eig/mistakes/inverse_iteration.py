"""Good eigenvalues, and each vector by itself by inverse iteration: not orthogonal where eigenvalues are equal."""

import math

import numpy as np


def eigenvalues(a):
    d, n = a.copy(), len(a)
    for _ in range(30):
        for p in range(n - 1):
            for q in range(p + 1, n):
                if d[p, q] != 0:
                    theta = float(d[q, q] - d[p, p]) / float(2 * d[p, q])
                    t = math.copysign(1.0, theta) / (abs(theta) + math.hypot(1.0, theta))
                    c = 1 / math.hypot(1.0, t)
                    j = np.eye(n)
                    j[p, p] = j[q, q] = c
                    j[p, q], j[q, p] = c * t, -c * t
                    d = (j.T @ d @ j).astype(a.dtype)
                    d[p, q] = d[q, p] = 0
    return np.sort(np.diag(d))


def solve(a, b):
    a, b = np.array(a, np.float64), np.array(b, np.float64)
    for k in range(len(b)):
        pivot = k + int(np.argmax(abs(a[k:, k])))
        a[[k, pivot]], b[[k, pivot]] = a[[pivot, k]], b[[pivot, k]]
        for i in range(k + 1, len(b)):
            factor = a[i, k] / a[k, k]
            a[i] -= factor * a[k]
            b[i] -= factor * b[k]
    for k in reversed(range(len(b))):
        b[k] = (b[k] - a[k, k + 1 :] @ b[k + 1 :]) / a[k, k]
    return b


def eigh(a):
    w = eigenvalues(a)
    rng, v = np.random.default_rng(0), np.empty_like(a)
    for k, value in enumerate(w):
        x = rng.standard_normal(len(a))
        shift = value + 1e-10 * np.abs(w).max()
        for _ in range(3):
            x = solve(a - shift * np.eye(len(a)), x)
            x = x / math.sqrt(x @ x)
        v[:, k] = x
    return w, v


def power_iteration(a, rng, tol=1e-5):
    raise NotImplementedError
