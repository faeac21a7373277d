"""Layer normalization and RMSNorm as fused kernels: a row stays in registers from its load to its store.

The forward has one program a row. In the backward each program takes every PROGRAMS-th row, so that it can keep its own
sums for dgamma and dbeta in registers; what is left is to add one row of partial sums for each program. Neither
uses atomic additions, whose order, and so whose rounding, would change from run to run.
"""

import torch
import triton
import triton.language as tl

PROGRAMS = 512  # of a backward: a few for each of a large device's 132 multiprocessors


@triton.jit
def _load(x, row, d, ACC: tl.constexpr, BLOCK: tl.constexpr):
    """One row, widened; zeros beyond its end."""
    columns = tl.arange(0, BLOCK)
    return tl.load(x + tl.cast(row, tl.int64) * d + columns, mask=columns < d, other=0.0).to(ACC)


@triton.jit
def _store(out, row, values, d, BLOCK: tl.constexpr):
    columns = tl.arange(0, BLOCK)
    tl.store(out + tl.cast(row, tl.int64) * d + columns, values.to(out.dtype.element_ty), mask=columns < d)


@triton.jit
def _normalized(x, d, EPS: tl.constexpr, CENTRE: tl.constexpr, BLOCK: tl.constexpr):
    """(xhat, 1 / std) of a row; 1 / rms where it is not centred."""
    if CENTRE:
        x = tl.where(tl.arange(0, BLOCK) < d, x - tl.sum(x, 0) / d, 0.0)
    inverse = 1.0 / tl.sqrt(tl.sum(x * x, 0) / d + EPS)
    return x * inverse, inverse


@triton.jit
def _forward(x, gamma, beta, out, d, EPS: tl.constexpr, CENTRE: tl.constexpr, ACC: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    xhat, _ = _normalized(_load(x, row, d, ACC, BLOCK), d, EPS, CENTRE, BLOCK)
    y = xhat * _load(gamma, row * 0, d, ACC, BLOCK)
    if CENTRE:
        y += _load(beta, row * 0, d, ACC, BLOCK)
    _store(out, row, y, d, BLOCK)


@triton.jit
def _backward(
    dy, x, gamma, dx, dgammas, dbetas, rows, d,
    EPS: tl.constexpr, CENTRE: tl.constexpr, ACC: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    program = tl.program_id(0)
    scale = _load(gamma, program * 0, d, ACC, BLOCK)
    dgamma = tl.zeros([BLOCK], ACC)
    dbeta = tl.zeros([BLOCK], ACC)
    for row in range(program, rows, tl.num_programs(0)):
        xhat, inverse = _normalized(_load(x, row, d, ACC, BLOCK), d, EPS, CENTRE, BLOCK)
        upstream = _load(dy, row, d, ACC, BLOCK)
        g = upstream * scale
        along = g - xhat * (tl.sum(g * xhat, 0) / d)
        if CENTRE:
            along -= tl.sum(g, 0) / d
        _store(dx, row, along * inverse, d, BLOCK)
        dgamma += upstream * xhat
        dbeta += upstream
    _store(dgammas, program, dgamma, d, BLOCK)
    if CENTRE:
        _store(dbetas, program, dbeta, d, BLOCK)


def _wide(x):
    return (torch.float64, tl.float64) if x.dtype == torch.float64 else (torch.float32, tl.float32)


def _normalize(x, gamma, beta, eps, centre):
    x, d = x.contiguous(), x.shape[-1]
    out = torch.empty_like(x)
    constants = {"EPS": eps, "CENTRE": centre, "ACC": _wide(x)[1], "BLOCK": triton.next_power_of_2(d)}
    if x.numel():  # an empty grid is an error
        _forward[(x.numel() // d,)](x, gamma.contiguous(), beta.contiguous(), out, d, **constants)
    return out


def _gradients(dy, x, gamma, eps, centre):
    """dx, dgamma, dbeta; dbeta holds nothing where it is not centred."""
    x, d = x.contiguous(), x.shape[-1]
    rows, (dtype, acc) = x.numel() // d, _wide(x)
    programs = min(rows, PROGRAMS)
    dx, partial = torch.empty_like(x), x.new_empty((2, programs, d), dtype=dtype)
    constants = {"EPS": eps, "CENTRE": centre, "ACC": acc, "BLOCK": triton.next_power_of_2(d)}
    if rows:
        _backward[(programs,)](dy.contiguous(), x, gamma.contiguous(), dx, partial[0], partial[1], rows, d, **constants)
    dgamma, dbeta = (sums.sum(dim=0).to(x.dtype) for sums in partial)
    return dx, dgamma, dbeta


def layer_norm(x, gamma, beta, eps=1e-5):
    return _normalize(x, gamma, beta, eps, centre=True)


def layer_norm_backward(dy, x, gamma, eps=1e-5):
    return _gradients(dy, x, gamma, eps, centre=True)


def rms_norm(x, gamma, eps=1e-5):
    return _normalize(x, gamma, gamma, eps, centre=False)


def rms_norm_backward(dy, x, gamma, eps=1e-5):
    return _gradients(dy, x, gamma, eps, centre=False)[:2]
