"""Batch normalization as kernels on x as (n, c, s): n samples, c channels, s = h * w pixels.

The forward reads x twice, once for its statistics and once to normalize it; the backward reads x and dy twice, as no
value of dx is known before dgamma and dbeta. One program a channel would leave most of a device idle, so every channel
is cut into chunks. A program walks through its chunk tile by tile and merges a tile's mean and squared distances into
those of the tiles before (E[x^2] - E[x]^2 would cancel); another kernel merges the chunks. Neither adds atomically, so
that no rounding changes from run to run.

Source: Chan, Golub, LeVeque 1983, https://doi.org/10.1080/00031305.1983.10483115
"""

import torch
import triton
import triton.language as tl

TILE = 1024  # values a tile
CHANNELS = 32  # of a tile of rows, where those of a row are neighbours; with pixels a tile has one channel
PROGRAMS = 1024  # that share the channels of a reduction: a few for each of a large device's 132 multiprocessors


@triton.jit
def _channels(c, CHANNELS: tl.constexpr):
    """(numbers, inside) of this program's channels."""
    channels = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    return channels, channels < c


@triton.jit
def _places(first, end, c, s, VALUES: tl.constexpr, CHANNELS: tl.constexpr):
    """(offsets, inside) of a tile, (VALUES, CHANNELS): from value `first` of a channel on, but before `end`."""
    channels, exist = _channels(c, CHANNELS)
    values = tl.arange(0, VALUES)
    pixels = (first % s).to(tl.int32) + values  # 64-bit division is slow: one a tile, and 32 bits for each value
    samples = first // s + pixels // s
    offsets = (samples[:, None] * c + channels[None, :]) * s + (pixels % s)[:, None]
    return offsets, (first + values < end)[:, None] & exist[None, :]


@triton.jit
def _each(a, c, ACC: tl.constexpr, CHANNELS: tl.constexpr):
    """This program's channels of an array (c,), widened, as a row."""
    channels, exist = _channels(c, CHANNELS)
    return tl.load(a + channels, mask=exist, other=1.0).to(ACC)[None, :]


@triton.jit
def _store(out, values, c, CHANNELS: tl.constexpr):
    """To this program's row of (programs, c)."""
    channels, exist = _channels(c, CHANNELS)
    tl.store(out + tl.program_id(0) * c + channels, values, mask=exist)


@triton.jit
def _statistics(x, means, squares, m, c, s, chunk, ACC: tl.constexpr, VALUES: tl.constexpr, CHANNELS: tl.constexpr):
    start = tl.program_id(0).to(tl.int64) * chunk
    length = tl.minimum(m - start, chunk).to(tl.int32)
    mean, square = tl.zeros([CHANNELS], ACC), tl.zeros([CHANNELS], ACC)
    for before in range(0, length, VALUES):
        offsets, inside = _places(start + before, start + length, c, s, VALUES, CHANNELS)
        tile = tl.load(x + offsets, mask=inside, other=0.0).to(ACC)
        more = tl.minimum(length - before, VALUES)
        own = tl.sum(tile, 0) / more
        centred = tl.where(inside, tile - own[None, :], 0.0)
        apart = own - mean
        mean += apart * more / (before + more)
        square += tl.sum(centred * centred, 0) + apart * apart * more * before / (before + more)
    _store(means, mean, c, CHANNELS)
    _store(squares, square, c, CHANNELS)


@triton.jit
def _merge(
    means, squares, mean, var, old_mean, old_var, new_mean, new_var, m, c, chunk, chunks,
    MOMENTUM: tl.constexpr, ACC: tl.constexpr, CHUNKS: tl.constexpr,
):  # fmt: skip
    """One channel's mean, biased variance and running statistics, of the means and squares of its chunks."""
    channel, one = tl.program_id(0), tl.arange(0, CHUNKS)
    exist = one < chunks
    counts = tl.where(exist, tl.minimum(m - one.to(tl.int64) * chunk, chunk), 0)
    own = tl.load(means + one * c + channel, mask=exist, other=0.0)
    merged = tl.sum(own * counts, 0) / m
    apart = own - merged
    square = tl.sum(tl.load(squares + one * c + channel, mask=exist, other=0.0) + apart * apart * counts, 0)
    tl.store(mean + channel, merged)
    tl.store(var + channel, square / m)
    moved_mean = tl.load(old_mean + channel).to(ACC) * (1 - MOMENTUM) + merged * MOMENTUM
    moved_var = tl.load(old_var + channel).to(ACC) * (1 - MOMENTUM) + square / (m - 1) * MOMENTUM
    tl.store(new_mean + channel, moved_mean.to(new_mean.dtype.element_ty))
    tl.store(new_var + channel, moved_var.to(new_var.dtype.element_ty))


@triton.jit
def _normalize(
    x, mean, var, gamma, beta, y, m, c, s,
    EPS: tl.constexpr, ACC: tl.constexpr, VALUES: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    offsets, inside = _places(tl.program_id(0).to(tl.int64) * VALUES, m, c, s, VALUES, CHANNELS)
    centred = tl.load(x + offsets, mask=inside, other=0.0).to(ACC) - _each(mean, c, ACC, CHANNELS)
    scale = _each(gamma, c, ACC, CHANNELS) / tl.sqrt(_each(var, c, ACC, CHANNELS) + EPS)
    out = centred * scale + _each(beta, c, ACC, CHANNELS)
    tl.store(y + offsets, out.to(y.dtype.element_ty), mask=inside)


@triton.jit
def _sums(
    dy, x, mean, var, dgammas, dbetas, m, c, s, chunk,
    EPS: tl.constexpr, ACC: tl.constexpr, VALUES: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    start = tl.program_id(0).to(tl.int64) * chunk
    end = tl.minimum(start + chunk, m)
    centre = _each(mean, c, ACC, CHANNELS)
    inverse = 1.0 / tl.sqrt(_each(var, c, ACC, CHANNELS) + EPS)
    dgamma, dbeta = tl.zeros([CHANNELS], ACC), tl.zeros([CHANNELS], ACC)
    for first in range(start, end, VALUES):
        offsets, inside = _places(first, end, c, s, VALUES, CHANNELS)
        upstream = tl.load(dy + offsets, mask=inside, other=0.0).to(ACC)
        xhat = (tl.load(x + offsets, mask=inside, other=0.0).to(ACC) - centre) * inverse
        dgamma += tl.sum(upstream * xhat, 0)
        dbeta += tl.sum(upstream, 0)
    _store(dgammas, dgamma, c, CHANNELS)
    _store(dbetas, dbeta, c, CHANNELS)


@triton.jit
def _backward(
    dy, x, mean, var, gamma, dgamma, dbeta, dx, m, c, s,
    TRAIN: tl.constexpr, EPS: tl.constexpr, ACC: tl.constexpr, VALUES: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    offsets, inside = _places(tl.program_id(0).to(tl.int64) * VALUES, m, c, s, VALUES, CHANNELS)
    inverse = 1.0 / tl.sqrt(_each(var, c, ACC, CHANNELS) + EPS)
    out = tl.load(dy + offsets, mask=inside, other=0.0).to(ACC)
    if TRAIN:
        xhat = (tl.load(x + offsets, mask=inside, other=0.0).to(ACC) - _each(mean, c, ACC, CHANNELS)) * inverse
        out -= _each(dbeta, c, ACC, CHANNELS) / m + xhat * (_each(dgamma, c, ACC, CHANNELS) / m)
    out *= _each(gamma, c, ACC, CHANNELS) * inverse
    tl.store(dx + offsets, out.to(dx.dtype.element_ty), mask=inside)


class _Problem:
    """The sizes of x as (n, c, s), its tiles, and its chunks: what the kernels are told."""

    def __init__(self, x):
        c, s = x.shape[1], x.shape[2:].numel()
        self.m = x.shape[0] * s
        self.sizes = (self.m, c, s)
        channels = min(CHANNELS, triton.next_power_of_2(c)) if s == 1 else 1
        values = min(TILE // channels, triton.next_power_of_2(max(self.m, 1)))
        across, tiles = triton.cdiv(c, channels), triton.cdiv(self.m, values)
        self.chunk = triton.cdiv(tiles, max(1, PROGRAMS // across)) * values
        self.chunks = triton.cdiv(self.m, self.chunk) if self.m else 0
        self.for_each_tile, self.for_each_chunk = (tiles, across), (self.chunks, across)
        self.dtype = torch.float64 if x.dtype == torch.float64 else torch.float32  # of sums
        self.acc = {"ACC": tl.float64 if x.dtype == torch.float64 else tl.float32}
        self.constants = self.acc | {"VALUES": values, "CHANNELS": channels}


class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5, momentum=0.1):
        self.gamma, self.beta, self.eps, self.momentum = gamma, beta, eps, momentum
        self.running_mean, self.running_var = gamma.new_zeros(len(gamma)), gamma.new_ones(len(gamma))

    def forward(self, x, train):
        x = x.contiguous()
        problem, y = _Problem(x), torch.empty_like(x)
        mean, var = self._statistics(x, problem) if train else (self.running_mean, self.running_var)
        self.cache = x, mean, var, train
        if x.numel():  # an empty grid is an error
            gamma, beta = self.gamma.contiguous(), self.beta.contiguous()
            _normalize[problem.for_each_tile](
                x, mean, var, gamma, beta, y, *problem.sizes, EPS=self.eps, **problem.constants
            )
        return y

    def _statistics(self, x, problem):
        """Mean and variance of the batch; replaces the running ones."""
        m, c, _ = problem.sizes
        if m < 2:
            raise ValueError(f"{m} values a channel: training needs two")
        means, squares = x.new_empty((2, problem.chunks, c), dtype=problem.dtype)
        mean, var = x.new_empty((2, c), dtype=problem.dtype)
        old = self.running_mean, self.running_var
        self.running_mean, self.running_var = (torch.empty_like(one) for one in old)
        _statistics[problem.for_each_chunk](x, means, squares, *problem.sizes, problem.chunk, **problem.constants)
        _merge[(c,)](
            means, squares, mean, var, *old, self.running_mean, self.running_var, m, c, problem.chunk, problem.chunks,
            MOMENTUM=self.momentum, CHUNKS=triton.next_power_of_2(problem.chunks), **problem.acc,
        )  # fmt: skip
        return mean, var

    def backward(self, dy):
        x, mean, var, train = self.cache
        dy, problem, dx = dy.contiguous(), _Problem(x), torch.empty_like(x)
        partial = x.new_empty((2, problem.chunks, x.shape[1]), dtype=problem.dtype)
        constants = problem.constants | {"EPS": self.eps}
        if x.numel():
            _sums[problem.for_each_chunk](dy, x, mean, var, *partial, *problem.sizes, problem.chunk, **constants)
        dgamma, dbeta = (sums.sum(dim=0) for sums in partial)
        if x.numel():
            gamma = self.gamma.contiguous()
            _backward[problem.for_each_tile](
                dy, x, mean, var, gamma, dgamma, dbeta, dx, *problem.sizes, TRAIN=train, **constants
            )
        return dx, dgamma.to(x.dtype), dbeta.to(x.dtype)
