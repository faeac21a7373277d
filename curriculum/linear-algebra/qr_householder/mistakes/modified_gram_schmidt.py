"""Each column less its projections, one after the other: better, but orthogonal to eps times the condition only."""

import math

import numpy as np


def qr(a):
    q, r = a.copy(), np.zeros((a.shape[1],) * 2, a.dtype)
    for j in range(a.shape[1]):
        for i in range(j):
            r[i, j] = q[:, i] @ q[:, j]
            q[:, j] -= r[i, j] * q[:, i]
        r[j, j] = math.sqrt(q[:, j] @ q[:, j])
        q[:, j] /= r[j, j]
    return q, r


def lstsq(a, b):
    q, r = qr(a)
    x = q.T @ b
    for i in reversed(range(len(x))):
        x[i] = (x[i] - r[i, i + 1 :] @ x[i + 1 :]) / r[i, i]
    return x
