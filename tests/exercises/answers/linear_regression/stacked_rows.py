"""Ridge as least squares with d more rows, sqrt(l2) * identity and zeros; QR for full rank, else eigenvalues."""

import numpy as np


def fit(x, y, l2=0.0):
    n, d = x.shape
    eps = np.finfo(x.dtype).eps
    centre = x.mean(axis=0, keepdims=True)
    rows = x - centre
    target = y - y.mean()
    if l2 > 0:
        rows = np.vstack([rows, np.sqrt(l2).astype(x.dtype) * np.eye(d, dtype=x.dtype)])
        target = np.hstack([target, np.zeros(d, x.dtype)])
    q, r = np.linalg.qr(rows)
    diagonal = np.abs(np.diag(r))
    if len(rows) > d and diagonal.min() > 10 * max(n, d) * eps * diagonal.max():
        w = np.linalg.solve(r, q.T @ target)
    else:
        w = shortest(rows, target, 10 * max(n, d) * eps)
    return w, y.mean() - (centre @ w)[0]


def shortest(rows, target, tolerance):
    """One direction at a time: the coefficient of each right singular vector."""
    u, s, vt = np.linalg.svd(rows)
    w = np.zeros(rows.shape[1], rows.dtype)
    for j, value in enumerate(s):
        if value > tolerance * s[0]:
            w += (u[:, j] @ target) / value * vt[j]
    return w


def predict(x, w, b):
    return np.array([np.dot(row, w) + b for row in x], dtype=x.dtype)
