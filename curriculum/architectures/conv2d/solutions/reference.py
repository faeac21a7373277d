"""Convolution one tap of the kernel at a time: each tap weighs the channels of a shifted picture. numpy,
torch and CuPy."""

from array_api_compat import array_namespace, device


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    xp = array_namespace(x)
    n, c = x.shape[:2]
    o = w.shape[0]
    padded = _padded(x, _pair(padding))
    (ho, wo), taps = _taps(padded.shape, w.shape, _pair(stride), _pair(dilation))
    y = xp.zeros((n, groups, o // groups, ho * wo), dtype=x.dtype, device=device(x))
    for u, v, rows, columns in taps:
        weights = xp.reshape(w[:, :, u, v], (groups, o // groups, c // groups))
        seen = xp.reshape(padded[:, :, rows, columns], (n, groups, c // groups, ho * wo))
        y += weights @ seen
    y = xp.reshape(y, (n, o, ho, wo))
    return y if b is None else y + b[:, None, None]


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    xp = array_namespace(x)
    (n, c, height, width), o = x.shape, w.shape[0]
    down, right = _pair(padding)
    padded = _padded(x, (down, right))
    (ho, wo), taps = _taps(padded.shape, w.shape, _pair(stride), _pair(dilation))
    dy = xp.reshape(dy, (n, groups, o // groups, ho * wo))
    dpadded, dw = xp.zeros_like(padded), xp.zeros_like(w)
    for u, v, rows, columns in taps:
        weights = xp.reshape(w[:, :, u, v], (groups, o // groups, c // groups))
        seen = xp.reshape(padded[:, :, rows, columns], (n, groups, c // groups, ho * wo))
        dw[:, :, u, v] = xp.reshape(xp.sum(dy @ xp.matrix_transpose(seen), axis=0), (o, c // groups))
        dpadded[:, :, rows, columns] += xp.reshape(xp.matrix_transpose(weights) @ dy, (n, c, ho, wo))
    dx = dpadded[:, :, down : down + height, right : right + width]
    return dx, dw, xp.reshape(xp.sum(dy, axis=(0, 3)), (o,))


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _padded(x, padding):
    """x with zeros on all four sides."""
    xp = array_namespace(x)
    (n, c, height, width), (down, right) = x.shape, padding
    padded = xp.zeros((n, c, height + 2 * down, width + 2 * right), dtype=x.dtype, device=device(x))
    padded[:, :, down : down + height, right : right + width] = x
    return padded


def _taps(padded, kernel, stride, dilation):
    """(ho, wo), and for each tap (u, v) of the kernel the rows and columns that it meets, as slices."""
    kh, kw = kernel[2:]
    ho = (padded[2] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    wo = (padded[3] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    rows = [slice(u * dilation[0], u * dilation[0] + (ho - 1) * stride[0] + 1, stride[0]) for u in range(kh)]
    columns = [slice(v * dilation[1], v * dilation[1] + (wo - 1) * stride[1] + 1, stride[1]) for v in range(kw)]
    return (ho, wo), [(u, v, rows[u], columns[v]) for u in range(kh) for v in range(kw)]
