"""Sines and cosines that exist only in registers: each program makes those of some positions, once for all its heads.

A table of them would be read from memory again for every head; here the only traffic is x in and the result out. Angles
must be in float64, a device's slowest arithmetic, and sharing them among heads spares that too. A tile is (tokens,
pairs, 2) whatever the layout, which only says how far apart pairs lie, and how far apart their entries.
"""

import math

import torch
import triton
import triton.language as tl

PROGRAMS = 256  # some two for each of a large device's 132 multiprocessors: more would only repeat the angles
ANGLES = 2048  # of a program, 16 for each thread


@triton.jit
def _angles(positions, d, LOG_BASE: tl.constexpr, PAIRS: tl.constexpr):
    """The angle of every position and pair, in float64; the base is 2**LOG_BASE."""
    pair = tl.arange(0, PAIRS).to(tl.float64)
    return positions[:, None] * tl.exp2(pair / d * (-2 * LOG_BASE))[None, :]


@triton.jit
def _places(rows, d, STEP: tl.constexpr, GAP: tl.constexpr, PAIRS: tl.constexpr):
    """Columns of the pairs' entries, (1, PAIRS, 2), and offsets of them in these rows."""
    columns = (tl.arange(0, PAIRS) * STEP)[:, None] + (tl.arange(0, 2) * GAP)[None, :]
    return columns[None, :, :], rows.to(tl.int64)[:, None, None] * d + columns[None, :, :]


@triton.jit
def _sinusoidal(positions, out, n, d, LOG_BASE: tl.constexpr, ROWS: tl.constexpr, PAIRS: tl.constexpr):
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    angles = _angles(tl.load(positions + rows, mask=rows < n, other=0.0).to(tl.float64), d, LOG_BASE, PAIRS)
    columns, places = _places(rows, d, 2, 1, PAIRS)
    values = tl.join(tl.sin(angles), tl.cos(angles)).to(out.dtype.element_ty)
    tl.store(out + places, values, mask=(rows < n)[:, None, None] & (columns < d))


@triton.jit
def _rope(
    x, out, heads, t, d, offset: tl.float64,
    TURN: tl.constexpr, LOG_BASE: tl.constexpr, STEP: tl.constexpr, GAP: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, PAIRS: tl.constexpr,
):  # fmt: skip
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    # Each new token has another offset, and as a constant each would be compiled for. As an argument it arrives in
    # float64 only because it is declared so, and full() keeps it there.
    angles = TURN * _angles(rows + tl.full([], offset, tl.float64), d, LOG_BASE, PAIRS)
    cos, sin = tl.cos(angles).to(ACC), tl.sin(angles).to(ACC)
    _, places = _places(rows, d, STEP, GAP, PAIRS)
    inside = (rows < t)[:, None, None] & (tl.arange(0, PAIRS) < d // 2)[None, :, None]
    for head in range(tl.program_id(1), heads, tl.num_programs(1)):
        here = tl.cast(head, tl.int64) * t * d + places
        a, b = tl.split(tl.load(x + here, mask=inside, other=0.0).to(ACC))
        turned = tl.join(a * cos - b * sin, a * sin + b * cos)
        tl.store(out + here, turned.to(out.dtype.element_ty), mask=inside)


def _tile(rows, d):
    """A power of two of rows, and of pairs in each."""
    pairs = triton.next_power_of_2((d + 1) // 2)
    return {"ROWS": min(triton.next_power_of_2(rows), max(1, ANGLES // pairs)), "PAIRS": pairs}


def sinusoidal(positions, d, base=10000.0):
    n = len(positions)
    out = positions.new_empty((n, d))
    if n:  # an empty grid is an error
        tile = _tile(n, d)
        grid = (triton.cdiv(n, tile["ROWS"]),)
        _sinusoidal[grid](positions.contiguous(), out, n, d, LOG_BASE=math.log2(base), **tile)
    return out


def rope(x, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(x, offset, base, layout, 1)


def rope_backward(dy, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(dy, offset, base, layout, -1)  # the transpose of a rotation is the rotation back


def _rotated(x, offset, base, layout, turn):
    t, d = x.shape[-2:]
    if d % 2 != 0:
        raise ValueError(f"a width of {d} has no pairs")
    if layout not in ("interleaved", "half"):
        raise ValueError(f"layout is {layout!r}, not 'interleaved' or 'half'")
    x = x.contiguous()
    out = torch.empty_like(x)
    if x.numel():
        heads, tile = x.numel() // (t * d), _tile(t, d)
        tiles = triton.cdiv(t, tile["ROWS"])
        step, gap = (2, 1) if layout == "interleaved" else (1, d // 2)
        acc = tl.float64 if x.dtype == torch.float64 else tl.float32
        constants = {"TURN": turn, "LOG_BASE": math.log2(base), "STEP": step, "GAP": gap, "ACC": acc}
        _rope[(tiles, min(heads, max(1, PROGRAMS // tiles)))](x, out, heads, t, d, float(offset), **constants, **tile)
    return out
