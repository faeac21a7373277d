"""Pooling one place of the window at a time: each place is a slice of the padded picture."""

import numpy as np


def max_pool2d(x, k, stride=None, padding=0):
    k, stride, padding = _options(k, stride, padding)
    h, w = x.shape[2:]
    padded = _padded(x, padding, -np.inf)
    places = _padded(np.arange(h * w).reshape(1, 1, h, w), padding, -1)
    (ho, wo), slices = _slices(padded.shape, k, stride)
    # start from the first pixel that is no padding: a window of nothing but -inf has its maximum there
    top, left = (np.maximum(np.arange(m) * s - p, 0) for m, s, p in zip((ho, wo), stride, padding, strict=True))
    y = x[:, :, top[:, None], left]
    argmax = np.broadcast_to(top[:, None] * w + left, y.shape)
    for window in slices:
        seen, place = padded[window], places[window]
        better = (seen > y) | (np.isnan(seen) & ~np.isnan(y))
        y, argmax = np.where(better, seen, y), np.where(better, place, argmax)
    return y, argmax


def max_pool2d_backward(dy, argmax, shape):
    n, c, h, w = shape
    windows = dy.shape[2] * dy.shape[3]
    dx = np.zeros((n * c, h * w), dy.dtype)
    picture = np.arange(n * c)[:, None]
    np.add.at(dx, (picture, argmax.reshape(n * c, windows)), dy.reshape(n * c, windows))  # += would add only once
    return dx.reshape(shape)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    padded = _padded(x, padding, 0)
    _, slices = _slices(padded.shape, k, stride)
    total = sum(padded[window] for window in slices)
    return total / _count(x, k, stride, padding, count_include_pad)


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    (down, right), (h, w) = padding, shape[2:]
    dpadded = _padded(np.zeros(shape, dy.dtype), padding, 0)
    share = dy / _count(np.zeros(shape, dy.dtype), k, stride, padding, count_include_pad)
    for window in _slices(dpadded.shape, k, stride)[1]:
        dpadded[window] += share
    return dpadded[:, :, down : down + h, right : right + w]


def _options(k, stride, padding):
    """The three as pairs (down, right)."""
    stride = k if stride is None else stride
    return [(value, value) if isinstance(value, int) else tuple(value) for value in (k, stride, padding)]


def _padded(x, padding, value):
    (down, right) = padding
    return np.pad(x, ((0, 0), (0, 0), (down, down), (right, right)), constant_values=value)


def _slices(padded, k, stride):
    """(ho, wo), and for each place in a window the pixels that are there in all windows, in reading order."""
    ho, wo = ((padded[2 + d] - k[d]) // stride[d] + 1 for d in (0, 1))
    rows = [slice(u, u + (ho - 1) * stride[0] + 1, stride[0]) for u in range(k[0])]
    columns = [slice(v, v + (wo - 1) * stride[1] + 1, stride[1]) for v in range(k[1])]
    return (ho, wo), [(..., r, s) for r in rows for s in columns]


def _count(x, k, stride, padding, count_include_pad):
    """What each window is divided by: its places, or only those in the picture."""
    if count_include_pad:
        return k[0] * k[1]
    inside = _padded(np.ones((1, 1, *x.shape[2:]), x.dtype), padding, 0)
    return sum(inside[window] for window in _slices(inside.shape, k, stride)[1])
