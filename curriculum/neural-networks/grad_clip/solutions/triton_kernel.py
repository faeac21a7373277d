"""Clipping in two passes over the gradients, the fewest there can be: all are read for the norm, then scaled.

Each program of the norm takes a tile into registers, where it is looked at twice: for its largest entry, and for the sum of the
squares divided by that, which cannot overflow. The norm of everything is the norm of the tiles' norms, so the same kernel
runs on its own results until one number is left. Tiles are added in a fixed order, without atomics.
"""

from math import inf

import torch
import triton
import triton.language as tl

BLOCK = 4096


@triton.jit
def _load(x, n, BLOCK: tl.constexpr):
    """This program's tile, half precision widened; zeros, which add nothing to a norm, beyond the end."""
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    values = tl.load(x + here, mask=here < n, other=0.0)
    return values if values.dtype == tl.float64 else values.to(tl.float32)


@triton.jit
def _store(out, values, n, BLOCK: tl.constexpr):
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + here, values.to(out.dtype.element_ty), mask=here < n)


@triton.jit
def _norms(x, norms, n, BLOCK: tl.constexpr):
    """The norm of each tile, in float64: that of large float32 numbers may be no float32."""
    values = _load(x, n, BLOCK)
    top = tl.max(tl.abs(values), 0)
    unit = tl.where((top > 0) & (top < float("inf")), top, 1.0)  # 1: zeros give 0, an infinity inf, a nan nan
    scaled = values / unit
    norm = unit.to(tl.float64) * tl.sqrt(tl.sum(scaled * scaled, 0).to(tl.float64))
    tl.store(norms + tl.program_id(0), norm)


@triton.jit
def _scale(x, out, n, factor, BLOCK: tl.constexpr):
    """The product in float64: a factor of 1e-50 is no float32, what it leaves of 1e30 is."""
    values = _load(x, n, BLOCK)
    _store(out, (values.to(tl.float64) * tl.load(factor)).to(values.dtype), n, BLOCK)


@triton.jit
def _clip(x, out, n, LIMIT: tl.constexpr, BLOCK: tl.constexpr):
    values = _load(x, n, BLOCK)
    _store(out, tl.where(values > LIMIT, LIMIT, tl.where(values < -LIMIT, -LIMIT, values)), n, BLOCK)  # nan is neither


def _launch(kernel, x, out, *arrays, **constants):
    if x.numel():  # an empty grid is an error
        programs = triton.cdiv(x.numel(), BLOCK)
        kernel[(programs,)](x.contiguous(), out, x.numel(), *arrays, BLOCK=BLOCK, **constants)
    return out


def _norms_of_tiles(arrays):
    tiles = [triton.cdiv(x.numel(), BLOCK) for x in arrays]
    norms = arrays[0].new_empty(sum(tiles), dtype=torch.float64)
    for x, here in zip(arrays, norms.split(tiles), strict=True):
        _launch(_norms, x, here)
    return norms


def _norm(grads):
    norms = _norms_of_tiles(grads)
    while norms.numel() > 1:
        norms = _norms_of_tiles([norms])
    return float(norms.sum())  # of one number, or of none


def _new(g):
    return torch.empty_like(g, memory_format=torch.contiguous_format)


def clip_by_norm(grads, max_norm):
    total = _norm(grads) if grads else 0.0
    if not max_norm < total < inf:  # also where total is nan
        return list(grads), total
    # In a tensor, as it is another number in every step: each value of a constexpr would be compiled for.
    factor = torch.tensor(max_norm / total, dtype=torch.float64, device=grads[0].device)
    return [_launch(_scale, g, _new(g), factor) for g in grads], total


def clip_by_value(grads, c):
    return [_launch(_clip, g, _new(g), LIMIT=c) for g in grads]
