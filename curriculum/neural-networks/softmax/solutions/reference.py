"""Softmax, log-softmax, log-sum-exp and the backward pass, in the order of the derivation. Plain NumPy."""

import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    # subtract before dividing: (x - max) / T is at most 0, while x / T may overflow for a small T
    weights = np.exp((x - x.max(axis=axis, keepdims=True)) / temperature)
    return weights / weights.sum(axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    normaliser = np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted - normaliser


def logsumexp(x, axis=-1):
    top = x.max(axis=axis, keepdims=True)
    anchor = np.where(np.isfinite(top), top, 0)  # a row of -inf: -inf - (-inf) would be nan
    total = np.exp(x - anchor).sum(axis=axis)
    return np.log(total) + anchor.squeeze(axis)


def softmax_backward(dy, y):
    mean = (dy * y).sum(axis=-1, keepdims=True)
    return y * (dy - mean)
