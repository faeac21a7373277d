"""Pooling in Triton: each output gathers its own window, which no padded copy of the pictures is needed for.

A lane of a program is one place of the output. Lanes that are neighbours read neighbouring pixels, and what windows
share comes from the cache. The gradient of a mean is gathered as well: each pixel looks up the windows that cover
it, so that nothing is added twice to one place in memory. The gradient of a maximum is scattered, as argmax
alone does not say which windows can have chosen a pixel; these sums are atomic and have no fixed order.
"""

import torch
import triton
import triton.language as tl

BLOCK = 512  # places for each program


@triton.jit
def _places(planes, height, width, BLOCK: tl.constexpr):
    """Where this program's places lie in memory, their plane, row and column, and whether there are such planes."""
    lanes, area = tl.arange(0, BLOCK), height * width
    first = tl.program_id(0).to(tl.int64) * BLOCK
    within = (first % area).to(tl.int32) + lanes  # from the start of the first one's plane: short, so cheap to divide
    plane = first // area + within // area
    return first + lanes, plane, within % area // width, within % width, plane < planes


@triton.jit
def _inside(row, column, height, width):
    return (row >= 0) & (row < height) & (column >= 0) & (column < width)


@triton.jit
def _max_pool(
    x, y, argmax, planes, h, w, ho, wo, K: tl.constexpr, STRIDE: tl.constexpr, PADDING: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    here, plane, i, j, exists = _places(planes, ho, wo, BLOCK)
    top, left = i * STRIDE[0] - PADDING[0], j * STRIDE[1] - PADDING[1]
    best = tl.full([BLOCK], -float("inf"), x.dtype.element_ty)
    winner = tl.maximum(top, 0) * w + tl.maximum(left, 0)  # stays if all the pixels are -inf
    for u in range(K[0]):
        for v in range(K[1]):
            place = (top + u) * w + left + v
            inside = exists & _inside(top + u, left + v, h, w)
            seen = tl.load(x + plane * h * w + place, mask=inside, other=-float("inf"))
            better = (seen > best) | ((seen != seen) & (best == best))  # a nan beats all but an earlier nan
            best, winner = tl.where(better, seen, best), tl.where(better, place, winner)
    tl.store(y + here, best, mask=exists)
    tl.store(argmax + here, winner, mask=exists)


@triton.jit
def _max_pool_backward(dy, argmax, dx, planes, h, w, ho, wo, BLOCK: tl.constexpr):
    here, plane, _, _, exists = _places(planes, ho, wo, BLOCK)
    upstream = tl.load(dy + here, mask=exists, other=0.0).to(dx.dtype.element_ty)
    winner = tl.load(argmax + here, mask=exists, other=0)
    tl.atomic_add(dx + plane * h * w + winner, upstream, mask=exists, sem="relaxed")


@triton.jit
def _count(top, left, h, w, K: tl.constexpr, PADDED: tl.constexpr):
    """What the sum of a window is divided by."""
    if PADDED:
        count = K[0] * K[1]
    else:
        rows = tl.minimum(top + K[0], h) - tl.maximum(top, 0)
        count = rows * (tl.minimum(left + K[1], w) - tl.maximum(left, 0))
    return count


@triton.jit
def _avg_pool(
    x, y, planes, h, w, ho, wo, K: tl.constexpr, STRIDE: tl.constexpr, PADDING: tl.constexpr, PADDED: tl.constexpr,
    ACC: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    here, plane, i, j, exists = _places(planes, ho, wo, BLOCK)
    top, left = i * STRIDE[0] - PADDING[0], j * STRIDE[1] - PADDING[1]
    total = tl.zeros([BLOCK], ACC)
    for u in range(K[0]):
        for v in range(K[1]):
            inside = exists & _inside(top + u, left + v, h, w)
            total += tl.load(x + plane * h * w + (top + u) * w + left + v, mask=inside, other=0.0)
    mean = total / _count(top, left, h, w, K, PADDED)
    tl.store(y + here, mean.to(y.dtype.element_ty), mask=exists)


@triton.jit
def _avg_pool_backward(
    dy, dx, planes, h, w, ho, wo, K: tl.constexpr, STRIDE: tl.constexpr, PADDING: tl.constexpr, PADDED: tl.constexpr,
    ACC: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    here, plane, row, column, exists = _places(planes, h, w, BLOCK)
    total = tl.zeros([BLOCK], ACC)
    for up in range(tl.cdiv(K[0], STRIDE[0])):
        for back in range(tl.cdiv(K[1], STRIDE[1])):
            i = (row + PADDING[0]) // STRIDE[0] - up  # the last window that has begun by this pixel, and those before
            j = (column + PADDING[1]) // STRIDE[1] - back
            top, left = i * STRIDE[0] - PADDING[0], j * STRIDE[1] - PADDING[1]
            covers = exists & _inside(i, j, ho, wo) & (row < top + K[0]) & (column < left + K[1])
            upstream = tl.load(dy + plane * ho * wo + i * wo + j, mask=covers, other=0.0).to(ACC)
            count = _count(top, left, h, w, K, PADDED)
            total += upstream / tl.where(covers, count, 1)  # a window that is none may have no places
    tl.store(dx + here, total.to(dx.dtype.element_ty), mask=exists)


def max_pool2d(x, k, stride=None, padding=0):
    windows, (ho, wo) = _windows(x.shape, k, stride, padding)
    y = x.new_empty((*x.shape[:2], ho, wo))
    argmax = torch.empty_like(y, dtype=torch.int64)
    _launch(_max_pool, y.shape, x.contiguous(), y, argmax, sizes=(*x.shape[2:], ho, wo), **windows)
    return y, argmax


def max_pool2d_backward(dy, argmax, shape):
    dx = dy.new_zeros(shape, dtype=_wide(dy)[0])
    sizes = (*shape[2:], *dy.shape[2:])
    _launch(_max_pool_backward, dy.shape, dy.contiguous(), argmax.contiguous(), dx, sizes=sizes)
    return dx.to(dy.dtype)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    windows, (ho, wo) = _windows(x.shape, k, stride, padding)
    y = x.new_empty((*x.shape[:2], ho, wo))
    constants = {**windows, "PADDED": count_include_pad, "ACC": _wide(x)[1]}
    _launch(_avg_pool, y.shape, x.contiguous(), y, sizes=(*x.shape[2:], ho, wo), **constants)
    return y


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    windows, (ho, wo) = _windows(shape, k, stride, padding)
    dx = dy.new_empty(shape)
    constants = {**windows, "PADDED": count_include_pad, "ACC": _wide(dy)[1]}
    _launch(_avg_pool_backward, shape, dy.contiguous(), dx, sizes=(*shape[2:], ho, wo), **constants)
    return dx


def _windows(shape, k, stride, padding):
    """The kernels' constants, and (ho, wo)."""
    stride = k if stride is None else stride
    k, stride, padding = ((value,) * 2 if isinstance(value, int) else tuple(value) for value in (k, stride, padding))
    sides = [(shape[2 + d] + 2 * padding[d] - k[d]) // stride[d] + 1 for d in (0, 1)]
    return {"K": k, "STRIDE": stride, "PADDING": padding}, sides


def _wide(x):
    return (torch.float64, tl.float64) if x.dtype == torch.float64 else (torch.float32, tl.float32)


def _launch(kernel, places, *arrays, sizes, **constants):
    """A lane for each place of (n, c, height, width)."""
    n, c, height, width = places
    if n * c:  # an empty grid is an error
        programs = triton.cdiv(n * c * height * width, BLOCK)
        kernel[(programs,)](*arrays, n * c, *sizes, **constants, BLOCK=BLOCK)
