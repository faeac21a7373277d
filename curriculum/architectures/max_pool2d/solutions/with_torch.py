"""The reference's slices on torch tensors, maxima in place; the backward is one scatter_add_."""

import torch


def max_pool2d(x, k, stride=None, padding=0):
    k, stride, padding = _options(k, stride, padding)
    n, c, _, w = x.shape
    (ho, wo), slices = _slices(x.shape, k, stride, padding)
    padded = _padded(x, padding, -torch.inf)
    top, left = (torch.arange(m, device=x.device) * s - p for m, s, p in zip((ho, wo), stride, padding, strict=True))
    first = (-top).clamp(min=0)[:, None] * k[1] + (-left).clamp(min=0)  # the first place that is no padding
    kind = torch.uint8 if len(slices) <= 256 else torch.int64  # as bytes, as long as they fit
    y, winner = x.new_full((n, c, ho, wo), -torch.inf), first.to(kind).expand(n, c, ho, wo).clone()
    for place, window in enumerate(slices):
        seen = padded[window].contiguous()
        torch.maximum(winner, (seen > y).to(kind).mul_(place), out=winner)  # later places have larger numbers
        torch.maximum(y, seen, out=y)
    if y.isnan().any():
        for place, window in reversed(list(enumerate(slices))):
            winner.masked_fill_(padded[window].isnan(), place)
    winner = winner.to(torch.int64)
    return y, (winner // k[1] + top[:, None]) * w + winner % k[1] + left


def max_pool2d_backward(dy, argmax, shape):
    n, c, h, w = shape
    dx = dy.new_zeros(n, c, h * w)
    return dx.scatter_add_(2, argmax.flatten(2), dy.flatten(2)).view(shape)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    _, slices = _slices(x.shape, k, stride, padding)
    padded = _padded(x, padding, 0)
    total = padded[slices[0]].clone()
    for window in slices[1:]:
        total += padded[window]
    return total.div_(_count(x, k, stride, padding, count_include_pad))


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    k, stride, padding = _options(k, stride, padding)
    (down, right), (h, w) = padding, shape[2:]
    dpadded = _padded(dy.new_zeros(shape), padding, 0)
    share = dy / _count(dy.new_zeros(shape), k, stride, padding, count_include_pad)
    for window in _slices(shape, k, stride, padding)[1]:
        dpadded[window] += share
    return dpadded[:, :, down : down + h, right : right + w]


def _options(k, stride, padding):
    """The three as pairs (down, right)."""
    stride = k if stride is None else stride
    return [(value, value) if isinstance(value, int) else tuple(value) for value in (k, stride, padding)]


def _padded(x, padding, value):
    (n, c, h, w), (down, right) = x.shape, padding
    padded = x.new_full((n, c, h + 2 * down, w + 2 * right), value)
    padded[:, :, down : down + h, right : right + w] = x
    return padded


def _slices(shape, k, stride, padding):
    """(ho, wo), and for each place in a window the pixels that are there in all windows, in reading order."""
    ho, wo = ((shape[2 + d] + 2 * padding[d] - k[d]) // stride[d] + 1 for d in (0, 1))
    rows = [slice(u, u + (ho - 1) * stride[0] + 1, stride[0]) for u in range(k[0])]
    columns = [slice(v, v + (wo - 1) * stride[1] + 1, stride[1]) for v in range(k[1])]
    return (ho, wo), [(..., r, s) for r in rows for s in columns]


def _count(x, k, stride, padding, count_include_pad):
    if count_include_pad:
        return k[0] * k[1]
    inside = _padded(x.new_ones(1, 1, *x.shape[2:]), padding, 0)
    return sum(inside[window] for window in _slices(x.shape, k, stride, padding)[1])
