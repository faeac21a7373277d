# verdict: failed
# words: the largest error is
"""A control: zeros."""

import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    return np.zeros_like(x)


def log_softmax(x, axis=-1):
    return np.zeros_like(x)


def logsumexp(x, axis=-1):
    return np.zeros_like(x.sum(axis=axis))


def softmax_backward(dy, y):
    return np.zeros_like(dy)
