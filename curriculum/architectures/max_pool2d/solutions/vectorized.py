"""The same slices, one picture at a time so that its temporaries stay in the cache; maxima in place,
their places as bytes.

Which place of the window won is a number below 256 for windows up to 16 x 16: a byte, where an index is eight.
"""

import numpy as np


def max_pool2d(x, k, stride=None, padding=0):
    k, stride, padding = _options(k, stride, padding)
    (ho, wo), slices = _slices(x.shape, k, stride, padding)
    y, argmax = np.empty((*x.shape[:2], ho, wo), x.dtype), np.empty((*x.shape[:2], ho, wo), np.int64)
    top, left = (np.arange(m) * s - p for m, s, p in zip((ho, wo), stride, padding, strict=True))
    corner = top[:, None] * x.shape[3] + left  # where each window begins, also where that is padding
    offset = np.add.outer(np.arange(k[0]) * x.shape[3], np.arange(k[1])).ravel()
    first = np.maximum(-top, 0)[:, None] * k[1] + np.maximum(-left, 0)  # the first place that is no padding
    number = np.dtype(np.uint8 if len(slices) <= 256 else np.int64)
    winner, challenge = np.empty((2, *y.shape[1:]), number)
    seen, better = np.empty(y.shape[1:], x.dtype), np.empty(y.shape[1:], bool)
    padded, inside = _padded(x.shape[1:], padding, -np.inf, x.dtype)
    for picture in range(len(x)):
        inside[...], best = x[picture], y[picture]
        best[...], winner[...] = -np.inf, first
        for place, window in enumerate(slices):
            np.copyto(seen, padded[window])  # one pass with a step, so that the others run over neighbours
            np.greater(seen, best, out=better)
            np.multiply(better, number.type(place), out=challenge)
            np.maximum(winner, challenge, out=winner)  # later places have larger numbers
            np.maximum(best, seen, out=best)
        if np.isnan(best).any():
            for place, window in reversed(list(enumerate(slices))):
                np.copyto(winner, place, where=np.isnan(padded[window]))
        np.add(np.take(offset, winner), corner, out=argmax[picture])
    return y, argmax


def max_pool2d_backward(dy, argmax, shape):
    n, c, h, w = shape
    dx = np.zeros((n, c * h * w), dy.dtype)
    channel = np.arange(c)[:, None, None] * (h * w)
    for picture in range(n):  # one flat index is what np.add.at is quick at
        np.add.at(dx[picture], (argmax[picture] + channel).ravel(), dy[picture].ravel())
    return dx.reshape(shape)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    (ho, wo), slices = _slices(x.shape, k, stride, padding)
    y = np.empty((*x.shape[:2], ho, wo), x.dtype)
    padded, inside = _padded(x.shape[1:], padding, 0, x.dtype)
    for picture in range(len(x)):
        inside[...], total = x[picture], y[picture]
        total[...] = padded[slices[0]]
        for window in slices[1:]:
            total += padded[window]
    y *= _weight(x.shape, k, stride, padding, count_include_pad).astype(x.dtype)
    return y


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    _, slices = _slices(shape, k, stride, padding)
    weight = _weight(shape, k, stride, padding, count_include_pad).astype(dy.dtype)
    dx = np.empty(shape, dy.dtype)
    padded, inside = _padded(shape[1:], padding, 0, dy.dtype)
    for picture in range(len(dy)):
        padded[...] = 0
        share = dy[picture] * weight
        for window in slices:
            padded[window] += share
        dx[picture] = inside
    return dx


def _options(k, stride, padding):
    """The three as pairs (down, right)."""
    stride = k if stride is None else stride
    return [(value, value) if isinstance(value, int) else tuple(value) for value in (k, stride, padding)]


def _slices(shape, k, stride, padding):
    """(ho, wo), and for each place in a window the pixels that are there in all windows, in reading order."""
    ho, wo = ((shape[2 + d] + 2 * padding[d] - k[d]) // stride[d] + 1 for d in (0, 1))
    rows = [slice(u, u + (ho - 1) * stride[0] + 1, stride[0]) for u in range(k[0])]
    columns = [slice(v, v + (wo - 1) * stride[1] + 1, stride[1]) for v in range(k[1])]
    return (ho, wo), [(..., r, s) for r in rows for s in columns]


def _padded(shape, padding, value, dtype):
    """A padded picture (c, h + 2 down, w + 2 right) full of value, and the view of its inside."""
    (c, h, w), (down, right) = shape, padding
    padded = np.full((c, h + 2 * down, w + 2 * right), value, dtype)
    return padded, padded[:, down : down + h, right : right + w]


def _weight(shape, k, stride, padding, count_include_pad):
    """One over the number of places of each window that count, (ho, wo)."""
    (ho, wo), sides = _slices(shape, k, stride, padding)[0], []
    for m, d in ((ho, 0), (wo, 1)):
        start = np.arange(m) * stride[d] - padding[d]
        inside = np.minimum(start + k[d], shape[2 + d]) - np.maximum(start, 0)
        sides.append(np.full(m, k[d]) if count_include_pad else inside)
    return 1 / np.multiply.outer(*sides)
