"""sliding_window_view and einsum; dx as a full convolution of the spread-out dy with the kernel turned round."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def as_pair(p):
    return (p, p) if np.isscalar(p) else tuple(p)


def windows_of(x, kernel, stride, dilation):
    span = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    every = sliding_window_view(x, span, axis=(2, 3))
    return every[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    stride, padding, dilation = map(as_pair, (stride, padding, dilation))
    x = np.pad(x, [(0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1])])
    parts = [
        np.einsum("ncijuv,ocuv->noij", windows_of(xs, w.shape[2:], stride, dilation), ws, optimize=True)
        for xs, ws in zip(np.split(x, groups, axis=1), np.split(w, groups), strict=True)
    ]
    y = np.concatenate(parts, axis=1)
    return y if b is None else y + b.reshape(1, -1, 1, 1)


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    stride, padding, dilation = map(as_pair, (stride, padding, dilation))
    h, wd = x.shape[2] + 2 * padding[0], x.shape[3] + 2 * padding[1]
    xpad = np.pad(x, [(0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1])])
    kh, kw = w.shape[2:]
    margin = dilation[0] * (kh - 1), dilation[1] * (kw - 1)
    # stride 1 again: zeros between the entries of dy, and a margin of zeros as wide as the kernel
    spread = np.zeros((*dy.shape[:2], h + margin[0], wd + margin[1]), dtype=dy.dtype)
    spread[:, :, margin[0] : h : stride[0], margin[1] : wd : stride[1]][:, :, : dy.shape[2], : dy.shape[3]] = dy
    dx, dw = [], []
    for xs, ws, gs, full in zip(
        np.split(xpad, groups, axis=1), np.split(w, groups), np.split(dy, groups, axis=1),
        np.split(spread, groups, axis=1), strict=True,
    ):  # fmt: skip
        dw.append(np.einsum("noij,ncijuv->ocuv", gs, windows_of(xs, (kh, kw), stride, dilation), optimize=True))
        seen = windows_of(full, (kh, kw), (1, 1), dilation)
        dx.append(np.einsum("noijuv,ocuv->ncij", seen, ws[:, :, ::-1, ::-1], optimize=True))
    dxpad = np.concatenate(dx, axis=1)
    inside = dxpad[:, :, padding[0] : h - padding[0], padding[1] : wd - padding[1]]
    return inside, np.concatenate(dw), np.einsum("noij->o", dy)
