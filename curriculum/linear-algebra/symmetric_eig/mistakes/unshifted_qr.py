"""QR iteration without a shift, stopped after 200 steps: off the diagonal all falls by the ratio of eigenvalues."""

import math

import numpy as np


def qr(a):
    q, r = np.eye(len(a), dtype=a.dtype), a.copy()
    for j in range(len(a) - 1):
        v = r[j:, j].copy()
        v[0] += math.copysign(math.sqrt(v @ v), v[0])
        size = v @ v
        if size > 0:
            r[j:] -= np.outer(v * (2 / size), v @ r[j:])
            q[:, j:] -= np.outer(q[:, j:] @ v, v * (2 / size))
    return q, r


def eigh(a):
    d, v = a.copy(), np.eye(len(a), dtype=a.dtype)
    for _ in range(200):
        q, r = qr(d)
        d, v = r @ q, v @ q
    order = np.argsort(np.diag(d))
    return np.diag(d)[order], v[:, order]


def power_iteration(a, rng, tol=1e-5):
    raise NotImplementedError
