"""As in a textbook: full m x m reflections, their product, and H with v scaled so that v[0] = 1 (LAPACK's tau)."""

import numpy as np


def full_qr(a):
    m, n = a.shape
    q, r = np.eye(m, dtype=a.dtype), a.copy()
    for k in range(n):
        x = r[k:, k]
        peak = np.abs(x).max()
        if peak == 0:
            continue
        v = x / peak
        norm = np.sqrt(np.sum(v * v))
        alpha = -norm if v[0] >= 0 else norm
        beta = v[0] - alpha
        v = v / beta
        v[0] = 1
        tau = -beta / alpha
        h = np.eye(m, dtype=a.dtype)
        h[k:, k:] -= tau * np.outer(v, v)
        r = h @ r
        q = q @ h
    return q, r


def qr(a):
    q, r = full_qr(a)
    n = a.shape[1]
    return np.ascontiguousarray(q[:, :n]), np.triu(r[:n])


def lstsq(a, b):
    q, r = qr(a)
    y = q.T @ b
    for k in reversed(range(len(y))):
        y[k] /= r[k, k]
        y[:k] -= r[:k, k] * y[k]
    return y
