"""Window by window, as the definition reads."""

import numpy as np


def pair(v):
    return (v, v) if isinstance(v, int) else v


def bounds(h, w, k, stride, padding):
    (kh, kw), (sh, sw), (ph, pw) = pair(k), pair(stride if stride is not None else k), pair(padding)
    ho, wo = (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1
    for i in range(ho):
        for j in range(wo):
            r0, c0 = i * sh - ph, j * sw - pw
            yield i, j, max(r0, 0), min(r0 + kh, h), max(c0, 0), min(c0 + kw, w)


def out_size(h, w, k, stride, padding):
    (kh, kw), (sh, sw), (ph, pw) = pair(k), pair(stride if stride is not None else k), pair(padding)
    return (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1


def max_pool2d(x, k, stride=None, padding=0):
    n, c, h, w = x.shape
    y = np.zeros((n, c, *out_size(h, w, k, stride, padding)), x.dtype)
    arg = np.zeros(y.shape, dtype=np.int64)
    for m in range(n):
        for ch in range(c):
            for i, j, r0, r1, c0, c1 in bounds(h, w, k, stride, padding):
                patch = x[m, ch, r0:r1, c0:c1]
                r, s = np.unravel_index(np.argmax(patch), patch.shape)
                y[m, ch, i, j] = patch[r, s]
                arg[m, ch, i, j] = (r0 + r) * w + c0 + s
    return y, arg


def max_pool2d_backward(dy, argmax, shape):
    n, c, h, w = shape
    dx = np.zeros((n, c, h * w), dtype=dy.dtype)
    for m in range(n):
        for ch in range(c):
            dx[m, ch] = np.bincount(argmax[m, ch].ravel(), weights=dy[m, ch].ravel(), minlength=h * w)
    return dx.reshape(shape)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    n, c, h, w = x.shape
    y = np.zeros((n, c, *out_size(h, w, k, stride, padding)), x.dtype)
    for i, j, r0, r1, c0, c1 in bounds(h, w, k, stride, padding):
        size = pair(k)[0] * pair(k)[1] if count_include_pad else (r1 - r0) * (c1 - c0)
        y[:, :, i, j] = x[:, :, r0:r1, c0:c1].sum(axis=(2, 3)) / size
    return y


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    h, w = shape[2:]
    dx = np.zeros(shape, dtype=dy.dtype)
    for i, j, r0, r1, c0, c1 in bounds(h, w, k, stride, padding):
        size = pair(k)[0] * pair(k)[1] if count_include_pad else (r1 - r0) * (c1 - c0)
        dx[:, :, r0:r1, c0:c1] += (dy[:, :, i, j] / size)[:, :, None, None]
    return dx
