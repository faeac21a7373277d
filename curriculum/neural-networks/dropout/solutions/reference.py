"""Dropout in the order of its definition. Plain NumPy."""

import numpy as np


def dropout(x, p, train, rng):
    if not train:
        return x.copy(), np.ones(x.shape, bool)
    mask = rng.random(x.shape) >= p  # random() is below 1, so p = 0 keeps all and p = 1 keeps none
    return x * mask * _scale(p), mask


def dropout_backward(dy, mask, p):
    return dy * mask * _scale(p)


def _scale(p):
    return 1 / (1 - p) if p < 1 else 0.0


def ensemble_moments(w, x, p):
    """An entry contributes w x m / (1 - p) with m 0 or 1: mean w x, variance (w x)^2 p / (1 - p); entries are independent."""
    terms = w * x
    if p == 1:
        nothing = np.zeros(len(x), x.dtype)
        return nothing, nothing.copy()
    return terms.sum(axis=1), (terms**2).sum(axis=1) * (p / (1 - p))
