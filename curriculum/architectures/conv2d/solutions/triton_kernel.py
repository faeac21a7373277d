"""Convolution in Triton as matrix products (im2col) whose large factor, the windows, is never written to memory.

A row of that matrix is a channel and a tap of the kernel, a column is a position of the output, as neighbours in a row
are neighbours in memory. Each program gathers its tile of it straight from the pictures, so that padding, stride and
dilation are a matter of addresses alone.

The gradient of the pictures is such a product as well, of windows in dy: pixel r met tap u as output (r + padding -
u * dilation) / stride, where that is a whole number. One kernel does both, and nothing is added twice to one place.
The gradient of the kernels sums over all positions of all pictures, which are many, for a result that is small: they are
dealt out to several programs, whose sums are added at the end, in one order always.
"""

import torch
import triton
import triton.language as tl

PROGRAMS = 512  # of a sum over positions: a few for each of a large device's 132 multiprocessors


@triton.jit
def _positions(first, height, width, LENGTH: tl.constexpr):
    """Picture, row and column of LENGTH positions, counted through a batch of pictures; first is 64 bits wide."""
    area = height * width
    within = (first % area).to(tl.int32) + tl.arange(0, LENGTH)
    return first // area + within // area, within % area // width, within % width


@triton.jit
def _windows(
    x, picture, row, column, taps, n, channels, height, width,
    KERNEL: tl.constexpr, STRIDE: tl.constexpr, SHIFT: tl.constexpr, GAP: tl.constexpr, DIVISOR: tl.constexpr,
):  # fmt: skip
    """One tile (taps, positions) of the matrix of windows; zeros for padding and beyond the matrix."""
    channel = (taps // (KERNEL[0] * KERNEL[1])).to(tl.int64)
    down = (taps // KERNEL[1] % KERNEL[0] * GAP[0])[:, None] + (row * STRIDE[0] + SHIFT[0])[None, :]
    right = (taps % KERNEL[1] * GAP[1])[:, None] + (column * STRIDE[1] + SHIFT[1])[None, :]
    inside = (channel < channels)[:, None] & (picture < n)[None, :]
    inside &= (down >= 0) & (down < height * DIVISOR[0]) & (down % DIVISOR[0] == 0)
    inside &= (right >= 0) & (right < width * DIVISOR[1]) & (right % DIVISOR[1] == 0)
    all_channels = channels * tl.num_programs(2)  # of all groups
    plane = (tl.program_id(2) * channels + channel)[:, None] + (picture * all_channels)[None, :]
    return tl.load(x + (plane * height + down // DIVISOR[0]) * width + right // DIVISOR[1], mask=inside, other=0.0)


@triton.jit
def _convolve(
    x, weights, bias, y, n, channels, height, width, kernels, ho, wo,
    KERNEL: tl.constexpr, STRIDE: tl.constexpr, SHIFT: tl.constexpr, GAP: tl.constexpr, DIVISOR: tl.constexpr,
    BIASED: tl.constexpr, ACC: tl.constexpr, ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    picture, row, column = _positions(tl.program_id(0).to(tl.int64) * COLUMNS, ho, wo, COLUMNS)
    own = tl.program_id(1) * ROWS + tl.arange(0, ROWS)
    kernel = tl.program_id(2).to(tl.int64) * kernels + own  # counted over all groups
    depth = channels * KERNEL[0] * KERNEL[1]
    total = tl.zeros([ROWS, COLUMNS], ACC)
    for first in range(0, depth, INNER):
        taps = first + tl.arange(0, INNER)
        inside = (own < kernels)[:, None] & (taps < depth)[None, :]
        weight = tl.load(weights + kernel[:, None] * depth + taps[None, :], mask=inside, other=0.0)
        seen = _windows(
            x, picture, row, column, taps, n, channels, height, width, KERNEL, STRIDE, SHIFT, GAP, DIVISOR
        )  # fmt: skip
        total += tl.dot(weight, seen, input_precision="ieee")
    if BIASED:
        total += tl.load(bias + kernel, mask=own < kernels, other=0.0)[:, None]
    plane = kernel[:, None] + (picture * kernels * tl.num_programs(2))[None, :]
    inside = (own < kernels)[:, None] & (picture < n)[None, :]
    tl.store(y + (plane * ho + row[None, :]) * wo + column[None, :], total.to(y.dtype.element_ty), mask=inside)


@triton.jit
def _kernel_gradient(
    dy, x, sums, n, channels, height, width, kernels, ho, wo,
    KERNEL: tl.constexpr, STRIDE: tl.constexpr, SHIFT: tl.constexpr, GAP: tl.constexpr, DIVISOR: tl.constexpr,
    ACC: tl.constexpr, ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    depth = channels * KERNEL[0] * KERNEL[1]
    across = tl.cdiv(depth + 1, COLUMNS)
    own = tl.program_id(1) // across * ROWS + tl.arange(0, ROWS)
    kernel = tl.program_id(2).to(tl.int64) * kernels + own
    taps = tl.program_id(1) % across * COLUMNS + tl.arange(0, COLUMNS)
    total = tl.zeros([ROWS, COLUMNS], ACC)
    positions = tl.cast(n, tl.int64) * ho * wo
    for first in range(tl.program_id(0).to(tl.int64) * INNER, positions, tl.num_programs(0) * INNER):
        picture, row, column = _positions(first, ho, wo, INNER)
        plane = kernel[:, None] + (picture * kernels * tl.num_programs(2))[None, :]
        inside = (own < kernels)[:, None] & (picture < n)[None, :]
        upstream = tl.load(dy + (plane * ho + row[None, :]) * wo + column[None, :], mask=inside, other=0.0)
        seen = _windows(
            x, picture, row, column, taps, n, channels, height, width, KERNEL, STRIDE, SHIFT, GAP, DIVISOR
        )  # fmt: skip
        seen = tl.where(taps[:, None] == depth, 1.0, seen)  # the bias is the weight of one more tap, which sees ones
        total += tl.dot(upstream, tl.trans(seen), input_precision="ieee")
    place = (tl.program_id(0) * kernels * tl.num_programs(2) + kernel)[:, None] * (depth + 1) + taps[None, :]
    tl.store(sums + place, total, mask=(own < kernels)[:, None] & (taps <= depth)[None, :])


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _wide(x):
    return (torch.float64, tl.float64) if x.dtype == torch.float64 else (torch.float32, tl.float32)


def _constants(x, rows, inner, columns):
    """The type of sums, and the largest tiles worth having: no larger than the matrices, half as large for float64."""
    most = (32, 16, 32) if x.dtype == torch.float64 else (64, 32, 64)
    sizes = zip(("ROWS", "INNER", "COLUMNS"), most, (rows, inner, columns), strict=True)
    tiles = {name: min(largest, max(16, triton.next_power_of_2(size))) for name, largest, size in sizes}
    return {"ACC": _wide(x)[1], **tiles}


def _forward(stride, padding, dilation):
    """Output i meets with tap u the pixel (i * STRIDE + SHIFT + u * GAP) / DIVISOR."""
    down, right = padding
    return {"STRIDE": stride, "SHIFT": (-down, -right), "GAP": dilation, "DIVISOR": (1, 1)}


def _product(x, weights, bias, shape, groups, geometry):
    """The weights (groups * kernels, channels, kh, kw) times the windows of x."""
    (_, channels, *kernel), (n, o, ho, wo) = weights.shape, shape
    y, kernels, depth = x.new_empty(shape), o // groups, weights[0].numel()
    constants = _constants(x, kernels, depth, n * ho * wo)
    if n:  # an empty grid is an error
        grid = triton.cdiv(n * ho * wo, constants["COLUMNS"]), triton.cdiv(kernels, constants["ROWS"]), groups
        _convolve[grid](
            x.contiguous(), weights.contiguous(), weights if bias is None else bias.contiguous(), y,
            n, channels, *x.shape[2:], kernels, ho, wo,
            KERNEL=tuple(kernel), BIASED=bias is not None, **geometry, **constants,
        )  # fmt: skip
    return y


def _sums(dy, x, w, groups, geometry):
    """dw and db."""
    (o, channels, *kernel), (n, _, ho, wo) = w.shape, dy.shape
    kernels, depth, positions = o // groups, w[0].numel(), n * ho * wo
    constants = _constants(x, kernels, positions, depth + 1)
    tiles = triton.cdiv(kernels, constants["ROWS"]) * triton.cdiv(depth + 1, constants["COLUMNS"])
    shares = min(triton.cdiv(positions, constants["INNER"]), triton.cdiv(PROGRAMS, tiles * groups))
    sums = x.new_empty((shares, o, depth + 1), dtype=_wide(x)[0])
    if n:
        _kernel_gradient[shares, tiles, groups](
            dy.contiguous(), x.contiguous(), sums, n, channels, *x.shape[2:], kernels, ho, wo,
            KERNEL=tuple(kernel), **geometry, **constants,
        )  # fmt: skip
    dw, db = sums.sum(dim=0).to(x.dtype).split([depth, 1], dim=1)
    return dw.reshape(w.shape).contiguous(), db.reshape(o).contiguous()


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    covered = [dilation[d] * (w.shape[2 + d] - 1) + 1 for d in (0, 1)]
    sides = [(x.shape[2 + d] + 2 * padding[d] - covered[d]) // stride[d] + 1 for d in (0, 1)]
    return _product(x, w, b, (len(x), len(w), *sides), groups, _forward(stride, padding, dilation))


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    stride, padding, dilation = _pair(stride), _pair(padding), _pair(dilation)
    (o, channels, *kernel), (down, right) = w.shape, dilation
    turned = w.reshape(groups, o // groups, channels, *kernel).transpose(1, 2).flatten(0, 1)
    back = {"STRIDE": (1, 1), "SHIFT": padding, "GAP": (-down, -right), "DIVISOR": stride}
    dx = _product(dy, turned, None, x.shape, groups, back)
    return dx, *_sums(dy, x, w, groups, _forward(stride, padding, dilation))
