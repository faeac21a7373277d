"""Right, in another style: a mask of zeros and ones from rng.binomial, sums one entry at a time."""

import numpy as np


def dropout(x, p, train, rng):
    if not train or p == 0.0:
        return np.array(x), np.full(x.shape, True)
    if p == 1.0:
        return np.zeros_like(x), np.full(x.shape, False)
    keep = 1.0 - p
    mask = rng.binomial(1, keep, size=x.shape).astype(bool)
    y = np.zeros_like(x)
    y[mask] = x[mask] / keep
    return y, mask


def dropout_backward(dy, mask, p):
    dx = np.zeros_like(dy)
    dx[mask] = dy[mask] / (1.0 - p) if p < 1.0 else 0.0
    return dx


def ensemble_moments(w, x, p):
    mean, variance = np.zeros(len(x), x.dtype), np.zeros(len(x), x.dtype)
    if p == 1.0:
        return mean, variance
    for row in range(len(x)):
        for j in range(len(w)):
            term = w[j] * x[row, j]
            mean[row] += term
            variance[row] += term * term * p / (1.0 - p)
    return mean, variance
