# verdict: passed
"""A control: an honest answer that shares no line with the shipped ones: einsum and loops, one row after another."""

import numpy as np


def along(x, axis, function):
    moved = np.moveaxis(x, axis, -1)
    rows = np.array([function(row) for row in moved.reshape(-1, moved.shape[-1])], x.dtype)
    return np.moveaxis(rows.reshape(moved.shape), -1, axis)


def softmax(x, axis=-1, temperature=1.0):
    def one(row):
        e = np.exp((row - max(row)) / x.dtype.type(temperature))
        return e / e.sum()

    return along(x, axis, one)


def log_softmax(x, axis=-1):
    def one(row):
        d = row - max(row)
        return d - np.log(np.exp(d).sum())

    return along(x, axis, one)


def logsumexp(x, axis=-1):
    def one(row):
        top = max(row) if max(row) > -np.inf else 0
        return np.log(np.einsum("i->", np.exp(row - top))) + top

    return np.apply_along_axis(one, axis, x).astype(x.dtype) if x.size else x.sum(axis=axis)


def softmax_backward(dy, y):
    return (dy - np.einsum("...i,...i->...", dy, y)[..., None]) * y
