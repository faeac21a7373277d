# verdict: failed
# words: not a number
"""A control: not a number."""

import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    return np.full_like(x, np.nan)


def log_softmax(x, axis=-1):
    return np.full_like(x, np.nan)


def logsumexp(x, axis=-1):
    return np.full_like(x.sum(axis=axis), np.nan)


def softmax_backward(dy, y):
    return np.full_like(dy, np.nan)
