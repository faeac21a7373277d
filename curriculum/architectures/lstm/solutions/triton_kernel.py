"""A whole sequence in one launch: each program takes some sequences through all steps, as sequences never meet.

Launched anew for every step, a kernel would wait longer for its start than it works. A program waits only for its own
threads, at a barrier after each step, since states pass through memory: so any number of units fits. Products without
a step before them are made for all steps at once, and 1 counts as one more input, whose weight is b. The columns of a
tile of gates are ordered by unit, not by gate, so that one product serves all four and splitting it leaves each apart.
"""

import torch
import triton
import triton.language as tl

TILE = 32
ROWS = 16  # sequences of a program: the fewest that tl.dot takes, as more programs are worth more than larger ones


@triton.jit
def _product(a, b, out, m, k, n, a_row, a_column, b_row, b_column, TILE: tl.constexpr):
    rows = (tl.program_id(0) * TILE + tl.arange(0, TILE))[:, None].to(tl.int64)
    columns = (tl.program_id(1) * TILE + tl.arange(0, TILE))[None, :].to(tl.int64)
    total = tl.zeros([TILE, TILE], out.dtype.element_ty)
    for first in range(0, k, TILE):
        inner = (first + tl.arange(0, TILE)).to(tl.int64)
        across, down = inner[None, :], inner[:, None]
        a_tile = tl.load(a + rows * a_row + across * a_column, mask=(rows < m) & (across < k), other=0.0)
        b_tile = tl.load(b + down * b_row + columns * b_column, mask=(down < k) & (columns < n), other=0.0)
        total += tl.dot(a_tile, b_tile, input_precision="ieee")
    tl.store(out + rows * n + columns, total, mask=(rows < m) & (columns < n))


@triton.jit
def _tanh(x):
    """less / (less + 2) with less = exp(2 |x|) - 1, and the sign of x."""
    y = tl.minimum(2 * tl.abs(x), 40.0, propagate_nan=tl.PropagateNan.ALL)
    e = tl.exp(y)
    log = tl.where(e == 1, 1.0, tl.log(e))
    less = tl.where(e == 1, y, (e - 1) * (y / log))  # Kahan: what rounding took from e, its logarithm tells
    size = less / (less + 2)
    return tl.where(x < 0, -size, size)


@triton.jit
def _forward(gates, wh, hs, cs, t, n, h, ROWS: tl.constexpr, TILE: tl.constexpr):
    """gates holds what x and b add to each, and is overwritten. hs and cs begin with the given states."""
    rows = (tl.program_id(0) * ROWS + tl.arange(0, ROWS))[:, None].to(tl.int64)
    units, inner, fours = tl.arange(0, TILE)[None, :], tl.arange(0, TILE)[:, None], tl.arange(0, 4 * TILE)[None, :]
    unit, column = fours // 4, fours % 4 * h + fours // 4
    states, places, weights = rows * h + units, rows * (4 * h) + column, column.to(tl.int64) * h + inner
    mine, size = rows < n, tl.cast(n, tl.int64) * h
    for _ in range(t):
        for first in range(0, h, TILE):
            left = h - first
            gates_here, inside = gates + first + places, mine & (unit < left)
            z = tl.load(gates_here, mask=inside, other=0.0)
            for begin in range(0, h, TILE):
                before = tl.load(hs + begin + states, mask=mine & (units < h - begin), other=0.0)
                there = (unit < left) & (inner < h - begin)
                tile = tl.load(wh + first * h + begin + weights, mask=there, other=0.0)
                z += tl.dot(before, tile, input_precision="ieee")
            i_and_g, f_and_o = tl.split(tl.reshape(z, (ROWS, TILE, 2, 2)))
            f_and_o = 1 / (1 + tl.exp(-f_and_o))
            (i, g), (f, o) = tl.split(i_and_g), tl.split(f_and_o)
            i, g = 1 / (1 + tl.exp(-i)), _tanh(g)
            activated = tl.reshape(tl.join(tl.join(i, g), f_and_o), (ROWS, 4 * TILE))
            tl.store(gates_here, activated, mask=inside)
            here, inside = first + states, mine & (units < left)
            c = f * tl.load(cs + here, mask=inside, other=0.0) + i * g
            here += size
            tl.store(cs + here, c, mask=inside)
            tl.store(hs + here, o * _tanh(c), mask=inside)
        gates, hs, cs = gates + 4 * size, hs + size, cs + size
        tl.debug_barrier()  # the next step reads what other threads of this program have written


@triton.jit
def _backward(dhs, dcs, gates, wh, cs, dz, dc, t, n, h, ROWS: tl.constexpr, TILE: tl.constexpr):
    """dz ends with a step of zeros. dc, zeros at first, is what a step gives to the one before it."""
    rows = (tl.program_id(0) * ROWS + tl.arange(0, ROWS))[:, None].to(tl.int64)
    units, inner, fours = tl.arange(0, TILE)[None, :], tl.arange(0, TILE)[:, None], tl.arange(0, 4 * TILE)[None, :]
    states, places = rows * h + units, rows * (4 * h) + fours % 4 * h + fours // 4
    after, weights = rows * (4 * h) + units, inner.to(tl.int64) * h + units
    mine, size = rows < n, tl.cast(n, tl.int64) * h
    for done in range(t):
        step = (t - 1 - done) * size
        for first in range(0, h, TILE):
            inside, here = mine & (units < h - first), step + first + states
            dh = tl.load(dhs + here, mask=inside, other=0.0)
            for begin in range(0, 4 * h, TILE):
                there = (inner < 4 * h - begin) & (units < h - first)
                tile = tl.load(wh + tl.cast(begin, tl.int64) * h + first + weights, mask=there, other=0.0)
                there = mine & (units < 4 * h - begin)
                dz_after = tl.load(dz + 4 * (step + size) + begin + after, mask=there, other=0.0)
                dh += tl.dot(dz_after, tile, input_precision="ieee")
            four_here, four_inside = 4 * step + first + places, mine & (fours // 4 < h - first)
            four_gates = tl.load(gates + four_here, mask=four_inside, other=0.0)
            i_and_g, f_and_o = tl.split(tl.reshape(four_gates, (ROWS, TILE, 2, 2)))
            (i, g), (f, o) = tl.split(i_and_g), tl.split(f_and_o)
            tanh_c = _tanh(tl.load(cs + size + here, mask=inside, other=0.0))
            c_before = tl.load(cs + here, mask=inside, other=0.0)
            dcell = tl.load(dc + first + states, mask=inside, other=0.0) + tl.load(dcs + here, mask=inside, other=0.0)
            dcell += dh * o * (1 - tanh_c * tanh_c)
            dz_i, dz_f = dcell * g * i * (1 - i), dcell * c_before * f * (1 - f)
            dz_g, dz_o = dcell * i * (1 - g * g), dh * tanh_c * o * (1 - o)
            joined = tl.reshape(tl.join(tl.join(dz_i, dz_g), tl.join(dz_f, dz_o)), (ROWS, 4 * TILE))
            tl.store(dz + four_here, joined, mask=four_inside)
            tl.store(dc + first + states, dcell * f, mask=inside)
        tl.debug_barrier()


def _multiply(a, b):
    (m, k), n = a.shape, b.shape[1]
    out = a.new_empty((m, n))
    if m and n:  # an empty grid is an error
        _product[(triton.cdiv(m, TILE), triton.cdiv(n, TILE))](a, b, out, m, k, n, *a.stride(), *b.stride(), TILE=TILE)
    return out


def _run(kernel, *arrays, sizes):
    t, n, _ = sizes
    if t and n:
        kernel[(triton.cdiv(n, ROWS),)](*arrays, *sizes, ROWS=ROWS, TILE=TILE)


def _flat(steps):
    """(t, n, k) as (t * n, k)."""
    return steps.reshape(steps.shape[0] * steps.shape[1], steps.shape[2])


def _after(first, t):
    """Room for t steps after the given one, (t + 1, n, h)."""
    steps = first.new_empty((t + 1, *first.shape))
    steps[0] = first
    return steps


def lstm_forward(x, h0, c0, wx, wh, b):
    (t, n, _), h = x.shape, h0.shape[1]
    wh, hs, cs = wh.contiguous(), _after(h0, t), _after(c0, t)
    inputs = torch.cat((_flat(x), x.new_ones((t * n, 1))), dim=1)
    gates = _multiply(inputs, torch.cat((wx, b[:, None]), dim=1).T)
    _run(_forward, gates, wh, hs, cs, sizes=(t, n, h))
    return hs[1:], cs[1:], (inputs, wx, wh, hs, cs, gates)


def lstm_backward(dhs, dcs, cache):
    inputs, wx, wh, hs, cs, gates = cache
    (t, n, h), d = dhs.shape, wx.shape[1]
    dz, dc = gates.new_empty((t + 1, n, 4 * h)), wh.new_zeros((n, h))
    dz[-1] = 0
    _run(_backward, dhs.contiguous(), dcs.contiguous(), gates, wh, cs, dz, dc, sizes=(t, n, h))
    dh0, dz = _multiply(dz[0], wh), _flat(dz[:t])  # without steps dz[0] is the zeros at the end
    dweights = _multiply(dz.T, torch.cat((inputs, _flat(hs[:-1])), dim=1))
    return _multiply(dz, wx).reshape(t, n, d), dh0, dc, dweights[:, :d], dweights[:, d + 1 :], dweights[:, d]
