"""Each column less its projections on those before, all taken from the column as given."""

import math

import numpy as np


def qr(a):
    q, r = a.copy(), np.zeros((a.shape[1],) * 2, a.dtype)
    for j in range(a.shape[1]):
        r[:j, j] = q[:, :j].T @ a[:, j]
        q[:, j] -= q[:, :j] @ r[:j, j]
        r[j, j] = math.sqrt(q[:, j] @ q[:, j])
        q[:, j] /= r[j, j]
    return q, r


def lstsq(a, b):
    q, r = qr(a)
    x = q.T @ b
    for i in reversed(range(len(x))):
        x[i] = (x[i] - r[i, i + 1 :] @ x[i + 1 :]) / r[i, i]
    return x
