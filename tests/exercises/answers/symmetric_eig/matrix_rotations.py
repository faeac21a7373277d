"""Classical Jacobi: always the largest entry beside the diagonal, with whole rotation matrices and arctan2."""

import numpy as np


def eigh(a):
    n = len(a)
    d, v = a.astype(np.float64), np.eye(n)
    if n > 1:
        size = np.abs(d).max()
        while True:
            off = np.abs(d - np.diag(np.diag(d)))
            p, q = divmod(int(np.argmax(off)), n)
            if off[p, q] <= 1e-17 * size:
                break
            p, q = min(p, q), max(p, q)
            angle = 0.5 * np.arctan2(2 * d[p, q], d[q, q] - d[p, p])
            turn = np.eye(n)
            turn[p, p] = turn[q, q] = np.cos(angle)
            turn[p, q], turn[q, p] = np.sin(angle), -np.sin(angle)
            d, v = turn.T @ d @ turn, v @ turn
            d[p, q] = d[q, p] = 0
    order = np.argsort(np.diag(d))
    return np.diag(d)[order].astype(a.dtype), v[:, order].astype(a.dtype)


def power_iteration(a, rng, tol=1e-5):
    wide = a.astype(np.float64)
    v = rng.standard_normal(len(a))
    v = v / np.sqrt(np.sum(v**2))
    lam = v @ wide @ v
    while np.sqrt(np.sum((wide @ v - lam * v) ** 2)) > 0.5 * tol * abs(lam):
        v = wide @ v
        v = v / np.abs(v).max()
        v = v / np.sqrt(np.sum(v**2))
        lam = v @ wide @ v
    return float(lam), v.astype(a.dtype)
