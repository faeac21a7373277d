"""sliding_window_view and argmax over the window; means by a depthwise sum; the scatter by a one-hot comparison."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def settings(k, stride, padding):
    stride = k if stride is None else stride
    return tuple((v, v) if isinstance(v, int) else tuple(v) for v in (k, stride, padding))


def windows_of(x, k, stride, padding, fill):
    padded = np.pad(x, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2], constant_values=fill)
    return sliding_window_view(padded, k, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]


def max_pool2d(x, k, stride=None, padding=0):
    k, stride, padding = settings(k, stride, padding)
    h, w = x.shape[2:]
    seen = windows_of(x, k, stride, padding, -np.inf)
    index = windows_of(np.arange(h * w).reshape(1, 1, h, w), k, stride, padding, -1)
    seen = seen.reshape(*seen.shape[:4], k[0] * k[1])
    index = np.broadcast_to(index.reshape(*index.shape[:4], k[0] * k[1]), seen.shape)
    # padding must lose even against -inf: rank real pixels above it by looking for the first real maximum
    top = seen.max(axis=-1, keepdims=True)
    wins = ((seen == top) | (np.isnan(seen) & np.isnan(top))) & (index >= 0)
    best = wins.argmax(axis=-1)[..., None]
    return top[..., 0], np.take_along_axis(index, best, axis=-1)[..., 0].astype(np.int64)


def max_pool2d_backward(dy, argmax, shape):
    n, c, h, w = shape
    flat = (n, c, argmax.shape[2] * argmax.shape[3])
    onehot = argmax.reshape(*flat, 1) == np.arange(h * w)
    return np.einsum("ncw,ncwp->ncp", dy.reshape(flat), onehot.astype(dy.dtype)).reshape(shape)


def counts(shape, k, stride, padding, count_include_pad, dtype):
    if count_include_pad:
        return dtype.type(k[0] * k[1])
    return windows_of(np.ones((1, 1, *shape[2:]), dtype), k, stride, padding, 0).sum(axis=(-1, -2))


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = settings(k, stride, padding)
    total = np.einsum("ncijuv->ncij", windows_of(x, k, stride, padding, 0))
    return total / counts(x.shape, k, stride, padding, count_include_pad, x.dtype)


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = settings(k, stride, padding)
    h, w = shape[2:]
    share = dy / counts(shape, k, stride, padding, count_include_pad, dy.dtype)
    rows, columns = (
        # which pixel lies in which window, as a matrix of zeros and ones: means are B x B^T, gradients the transpose
        (np.abs(2 * (np.arange(side) - np.arange(m)[:, None] * s + p) - (q - 1)) < q).astype(dy.dtype)
        for side, m, s, p, q in zip((h, w), dy.shape[2:], stride, padding, k, strict=True)
    )
    return np.einsum("ia,ncij,jb->ncab", rows, share, columns, optimize=True)
