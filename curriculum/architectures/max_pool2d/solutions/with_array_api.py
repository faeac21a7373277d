"""Pooling one place of the window at a time, in the array API's functions: one file for numpy, torch and CuPy.

The standard has no scatter-add. max_pool2d_backward sorts a channel's windows by the pixel that they name, adds up
those of one pixel over distances of 1, 2, 4, ..., and has every pixel look for the last of its windows.
"""

from array_api_compat import array_namespace, device


def max_pool2d(x, k, stride=None, padding=0):
    xp = array_namespace(x)
    k, stride, padding = _options(k, stride, padding)
    w = x.shape[3]
    padded, inside = _padded(x, x.shape, padding, -xp.inf)
    padded[inside] = x
    (ho, wo), slices = _slices(x.shape, k, stride, padding)
    top, left = _corners(x, (ho, wo), stride, padding)
    corner = top[:, None] * w + left  # where each window begins, also where that is padding
    y = xp.full((*x.shape[:2], ho, wo), -xp.inf, dtype=x.dtype, device=device(x))
    argmax = xp.maximum(top, 0)[:, None] * w + xp.maximum(left, 0)  # stays if all the pixels are -inf
    for (u, v), window in slices.items():
        higher = xp.maximum(y, padded[window])  # nan from the first nan on
        better = (higher != y) & (y == y)  # nan differs even from itself, but only the first one counts
        y, argmax = higher, xp.where(better, corner + (u * w + v), argmax)
    return y, argmax


def max_pool2d_backward(dy, argmax, shape):
    xp = array_namespace(dy)
    n, c, h, w = shape
    windows = dy.shape[2] * dy.shape[3]
    pixel, total = xp.reshape(argmax, (n * c, windows)), xp.reshape(dy, (n * c, windows))
    order = xp.argsort(pixel, axis=1)
    pixel, total = (xp.take_along_axis(values, order, axis=1) for values in (pixel, total))
    step = 1
    # any() waits for the device, but hardly any pixel wins more than a few windows
    while step < windows and xp.any(same := pixel[:, step:] == pixel[:, :-step]):
        total[:, step:] += xp.where(same, total[:, :-step], 0.0)  # now of up to 2 step windows of this pixel
        step *= 2
    pixel += xp.arange(n * c, device=device(dy))[:, None] * (h * w)
    pixel, total = (xp.reshape(values, (n * c * windows,)) for values in (pixel, total))
    every = xp.arange(n * c * h * w, device=device(dy))
    last = xp.maximum(xp.searchsorted(pixel, every, side="right") - 1, 0)
    return xp.reshape(xp.where(xp.take(pixel, last) == every, xp.take(total, last), 0.0), shape)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    padded, inside = _padded(x, x.shape, padding, 0.0)
    padded[inside] = x
    _, slices = _slices(x.shape, k, stride, padding)
    total = sum(padded[window] for window in slices.values())
    return total / _count(x, x.shape, k, stride, padding, count_include_pad)


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    dpadded, inside = _padded(dy, shape, padding, 0.0)
    _, slices = _slices(shape, k, stride, padding)
    share = dy / _count(dy, shape, k, stride, padding, count_include_pad)
    for window in slices.values():
        dpadded[window] += share
    return dpadded[inside]


def _options(k, stride, padding):
    """The three as pairs (down, right)."""
    stride = k if stride is None else stride
    return [(value, value) if isinstance(value, int) else tuple(value) for value in (k, stride, padding)]


def _padded(like, shape, padding, value):
    """A picture of that shape and its padding, full of value, and where the picture lies in it."""
    (n, c, h, w), (down, right) = shape, padding
    xp = array_namespace(like)
    padded = xp.full((n, c, h + 2 * down, w + 2 * right), value, dtype=like.dtype, device=device(like))
    return padded, (..., slice(down, down + h), slice(right, right + w))


def _slices(shape, k, stride, padding):
    """(ho, wo), and for each place (u, v) in a window the pixels that are there in all windows, in reading order."""
    ho, wo = ((shape[2 + d] + 2 * padding[d] - k[d]) // stride[d] + 1 for d in (0, 1))
    rows = [slice(u, u + (ho - 1) * stride[0] + 1, stride[0]) for u in range(k[0])]
    columns = [slice(v, v + (wo - 1) * stride[1] + 1, stride[1]) for v in range(k[1])]
    return (ho, wo), {(u, v): (..., r, s) for u, r in enumerate(rows) for v, s in enumerate(columns)}


def _corners(like, sides, stride, padding):
    """The first row of the windows and their first column, counted from the first pixel that is no padding."""
    xp = array_namespace(like)
    return [xp.arange(m, device=device(like)) * s - p for m, s, p in zip(sides, stride, padding, strict=True)]


def _count(like, shape, k, stride, padding, count_include_pad):
    """What each window is divided by: its places, or only those in the picture."""
    if count_include_pad:
        return k[0] * k[1]
    xp = array_namespace(like)
    sides, _ = _slices(shape, k, stride, padding)
    starts = _corners(like, sides, stride, padding)
    rows, columns = (xp.minimum(starts[d] + k[d], shape[2 + d]) - xp.maximum(starts[d], 0) for d in (0, 1))
    return xp.astype(rows[:, None] * columns, like.dtype)
