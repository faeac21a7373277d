"""The windows as columns of one matrix, on torch tensors; torch's own unfold and conv2d stay unused."""

import torch


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    _, windows = _windows(x, w, _pair(stride), _pair(padding), _pair(dilation))
    n, o, (ho, wo) = len(x), len(w), windows.shape[4:]
    y = (_by_group(w, groups) @ _columns(windows, groups)).view(n, o, ho, wo)
    return y if b is None else y.add_(b[:, None, None])


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    stride, (down, right), dilation = _pair(stride), _pair(padding), _pair(dilation)
    padded, windows = _windows(x, w, stride, (down, right), dilation)
    (n, o, ho, wo), (kh, kw) = dy.shape, w.shape[2:]
    dy = dy.reshape(n, groups, o // groups, ho * wo)
    dw = (dy @ _columns(windows, groups).mT).sum(0).view(w.shape)
    dwindows = (_by_group(w, groups).mT @ dy).view(windows.shape)
    dpadded = torch.zeros_like(padded)
    for u in range(kh):
        for v in range(kw):
            top, left = u * dilation[0], v * dilation[1]
            rows = slice(top, top + stride[0] * (ho - 1) + 1, stride[0])
            columns = slice(left, left + stride[1] * (wo - 1) + 1, stride[1])
            dpadded[:, :, rows, columns] += dwindows[:, :, u, v]
    height, width = x.shape[2:]
    return dpadded[:, :, down : down + height, right : right + width], dw, dy.sum((0, 3)).view(o)


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _windows(x, w, stride, padding, dilation):
    """The padded pictures, and a view of them (n, c, kh, kw, ho, wo) that copies nothing yet."""
    (n, c, height, width), (kh, kw), (down, right) = x.shape, w.shape[2:], padding
    padded = x.new_zeros(n, c, height + 2 * down, width + 2 * right)
    padded[:, :, down : down + height, right : right + width] = x
    ho = (height + 2 * down - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    wo = (width + 2 * right - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    step_n, step_c, row, column = padded.stride()
    steps = (step_n, step_c, row * dilation[0], column * dilation[1], row * stride[0], column * stride[1])
    return padded, padded.as_strided((n, c, kh, kw, ho, wo), steps)


def _columns(windows, groups):
    n, c, kh, kw, ho, wo = windows.shape
    return windows.reshape(n, groups, c // groups * kh * kw, ho * wo)


def _by_group(w, groups):
    return w.reshape(groups, len(w) // groups, w[0].numel())
