"""Causal self-attention in Triton: one product for the three projections, then tiles of scores that stay in registers.

With wq, wk and wv side by side x is read once for all three, and the gradients come from two products in the same way:
dx is (dq, dk, dv) times the transposed joined matrix, and x transposed times (dq, dk, dv) is its gradient.
The masks cost next to nothing: no mask lies in memory, and a loop over the keys ends where the causal mask or the
sequence does, so that hidden tiles are not computed at all. Tiles are square, so the diagonal runs through corners.

Softmax is computed online. The backward first notes each query's maximum, sum and mean of dweights, on its way to dq; a
second kernel makes the weights again from them for dk and dv, so that no two programs add to the same place.

Sources: Milakov and Gimelshein 2018, https://arxiv.org/abs/1805.02867; Dao 2023, https://arxiv.org/abs/2307.08691
"""

import torch
import triton
import triton.language as tl


@triton.jit
def _load(x, rows, columns, height, width, row_stride, column_stride):
    """The tile at these rows and columns; zeros where the matrix has ended."""
    inside = (rows[:, None] < height) & (columns[None, :] < width)
    return tl.load(x + rows[:, None] * row_stride + columns[None, :] * column_stride, mask=inside, other=0.0)


@triton.jit
def _store(x, values, rows, columns, height, width, row_stride):
    inside = (rows[:, None] < height) & (columns[None, :] < width)
    tl.store(x + rows[:, None] * row_stride + columns[None, :], values.to(x.dtype.element_ty), mask=inside)


@triton.jit
def _product(
    a, b, out, m, k, n, a_row, a_column, b_row, b_column,
    ACC: tl.constexpr, TILE: tl.constexpr, INNER: tl.constexpr,
):  # fmt: skip
    rows = (tl.program_id(0) * TILE + tl.arange(0, TILE)).to(tl.int64)
    columns = (tl.program_id(1) * TILE + tl.arange(0, TILE)).to(tl.int64)
    total = tl.zeros([TILE, TILE], ACC)
    for first in range(0, k, INNER):
        inner = (first + tl.arange(0, INNER)).to(tl.int64)
        left = _load(a, rows, inner, m, k, a_row, a_column)
        total += tl.dot(left, _load(b, inner, columns, k, n, b_row, b_column), input_precision="ieee")
    _store(out, total, rows, columns, m, n, n)


@triton.jit
def _sequence(qkv, lengths, t, dk, dv):
    """(queries, keys, values, their stride, number of tokens) of this program's sequence."""
    batch, stride = tl.program_id(1).to(tl.int64), 2 * dk + dv
    queries = qkv + batch * t * stride
    return queries, queries + dk, queries + 2 * dk, stride, tl.load(lengths + batch).to(tl.int32)


@triton.jit
def _end(first, length, CAUSAL: tl.constexpr, TILE: tl.constexpr):
    """Behind the last key that the queries from `first` on may see; 0 if all of them are padding."""
    end = tl.minimum(length, first + TILE) if CAUSAL else length
    return tl.where(first < length, end, 0)


@triton.jit
def _scores(query, key, rows, keys, length, SCALE: tl.constexpr, CAUSAL: tl.constexpr):
    """One tile of scores; -inf where a token may not look."""
    visible = (rows[:, None] < length) & (keys[None, :] < length)
    if CAUSAL:
        visible = visible & (keys[None, :] <= rows[:, None])
    return tl.where(visible, tl.dot(query, tl.trans(key), input_precision="ieee") * SCALE, -float("inf"))


@triton.jit
def _online(scores, top, total):
    """(maximum so far, terms of this tile, factor for what was summed under the old maximum, sum so far)."""
    higher = tl.maximum(top, tl.max(scores, 1))
    anchor = tl.where(higher == -float("inf"), 0.0, higher)  # padding sees nothing: -inf - (-inf) would be nan
    terms, shrink = tl.exp(scores - anchor[:, None]), tl.exp(top - anchor)
    return higher, terms, shrink, total * shrink + tl.sum(terms, 1)


@triton.jit
def _forward(
    qkv, lengths, out, t, dk, dv, SCALE: tl.constexpr, CAUSAL: tl.constexpr, ACC: tl.constexpr,
    TILE: tl.constexpr, DK: tl.constexpr, DV: tl.constexpr,
):  # fmt: skip
    q, k, v, stride, length = _sequence(qkv, lengths, t, dk, dv)
    first, narrow, wide = tl.program_id(0) * TILE, tl.arange(0, DK), tl.arange(0, DV)
    rows = first + tl.arange(0, TILE)
    query = _load(q, rows, narrow, length, dk, stride, 1)
    top, total = tl.full([TILE], -float("inf"), ACC), tl.zeros([TILE], ACC)
    weighted = tl.zeros([TILE, DV], ACC)
    for start in range(0, _end(first, length, CAUSAL, TILE), TILE):
        keys = start + tl.arange(0, TILE)
        key, value = _load(k, keys, narrow, length, dk, stride, 1), _load(v, keys, wide, length, dv, stride, 1)
        top, terms, shrink, total = _online(_scores(query, key, rows, keys, length, SCALE, CAUSAL), top, total)
        weighted = weighted * shrink[:, None] + tl.dot(terms.to(value.dtype), value, input_precision="ieee")
    total = tl.where(total == 0, 1.0, total)  # of padding, which gives zeros
    _store(out + tl.program_id(1).to(tl.int64) * t * dv, weighted / total[:, None], rows, wide, t, dv, dv)


@triton.jit
def _backward_q(
    qkv, lengths, dout, dqkv, tops, totals, means, t, dk, dv, SCALE: tl.constexpr, CAUSAL: tl.constexpr,
    ACC: tl.constexpr, TILE: tl.constexpr, DK: tl.constexpr, DV: tl.constexpr,
):  # fmt: skip
    q, k, v, stride, length = _sequence(qkv, lengths, t, dk, dv)
    batch = tl.program_id(1).to(tl.int64)
    first, narrow, wide = tl.program_id(0) * TILE, tl.arange(0, DK), tl.arange(0, DV)
    rows = first + tl.arange(0, TILE)
    end = _end(first, length, CAUSAL, TILE)
    query = _load(q, rows, narrow, length, dk, stride, 1)
    upstream = _load(dout + batch * t * dv, rows, wide, length, dv, dv, 1)
    top, total = tl.full([TILE], -float("inf"), ACC), tl.zeros([TILE], ACC)
    mean = tl.zeros([TILE], ACC)  # of dweights under the weights
    for start in range(0, end, TILE):
        keys = start + tl.arange(0, TILE)
        key, value = _load(k, keys, narrow, length, dk, stride, 1), _load(v, keys, wide, length, dv, stride, 1)
        top, terms, shrink, total = _online(_scores(query, key, rows, keys, length, SCALE, CAUSAL), top, total)
        dweights = tl.dot(upstream, tl.trans(value), input_precision="ieee")
        mean = mean * shrink + tl.sum(terms * dweights, 1)
    top = tl.where(total == 0, 0.0, top)
    total = tl.where(total == 0, 1.0, total)
    mean = mean / total
    gradient = tl.zeros([TILE, DK], ACC)
    for start in range(0, end, TILE):
        keys = start + tl.arange(0, TILE)
        key, value = _load(k, keys, narrow, length, dk, stride, 1), _load(v, keys, wide, length, dv, stride, 1)
        weights = tl.exp(_scores(query, key, rows, keys, length, SCALE, CAUSAL) - top[:, None]) / total[:, None]
        dscores = weights * (tl.dot(upstream, tl.trans(value), input_precision="ieee") - mean[:, None])
        gradient += tl.dot(dscores.to(key.dtype), key, input_precision="ieee")
    _store(dqkv + batch * t * stride, gradient * SCALE, rows, narrow, t, dk, stride)
    tl.store(tops + batch * t + rows, top, mask=rows < t)
    tl.store(totals + batch * t + rows, total, mask=rows < t)
    tl.store(means + batch * t + rows, mean, mask=rows < t)


@triton.jit
def _backward_kv(
    qkv, lengths, dout, dqkv, tops, totals, means, t, dk, dv, SCALE: tl.constexpr, CAUSAL: tl.constexpr,
    ACC: tl.constexpr, TILE: tl.constexpr, DK: tl.constexpr, DV: tl.constexpr,
):  # fmt: skip
    q, k, v, stride, length = _sequence(qkv, lengths, t, dk, dv)
    batch = tl.program_id(1).to(tl.int64)
    first, narrow, wide = tl.program_id(0) * TILE, tl.arange(0, DK), tl.arange(0, DV)
    keys = first + tl.arange(0, TILE)
    key, value = _load(k, keys, narrow, length, dk, stride, 1), _load(v, keys, wide, length, dv, stride, 1)
    dkey, dvalue = tl.zeros([TILE, DK], ACC), tl.zeros([TILE, DV], ACC)
    for start in range(first if CAUSAL else 0, length, TILE):  # earlier queries do not see these keys
        rows = start + tl.arange(0, TILE)
        query = _load(q, rows, narrow, length, dk, stride, 1)
        upstream = _load(dout + batch * t * dv, rows, wide, length, dv, dv, 1)
        top = tl.load(tops + batch * t + rows, mask=rows < length, other=0.0)
        total = tl.load(totals + batch * t + rows, mask=rows < length, other=1.0)
        mean = tl.load(means + batch * t + rows, mask=rows < length, other=0.0)
        weights = tl.exp(_scores(query, key, rows, keys, length, SCALE, CAUSAL) - top[:, None]) / total[:, None]
        dscores = weights * (tl.dot(upstream, tl.trans(value), input_precision="ieee") - mean[:, None])
        dvalue += tl.dot(tl.trans(weights.to(upstream.dtype)), upstream, input_precision="ieee")
        dkey += tl.dot(tl.trans(dscores.to(query.dtype)), query, input_precision="ieee")
    gradients = dqkv + batch * t * stride
    _store(gradients + dk, dkey * SCALE, keys, narrow, t, dk, stride)
    _store(gradients + 2 * dk, dvalue, keys, wide, t, dv, stride)


def _wide(x):
    return (torch.float64, tl.float64) if x.dtype == torch.float64 else (torch.float32, tl.float32)


def _multiply(a, b):
    (m, k), n = a.shape, b.shape[1]
    out = a.new_empty((m, n))
    tiles = triton.cdiv(m, 64), triton.cdiv(n, 64)
    if m and n:  # an empty grid is an error
        _product[tiles](a, b, out, m, k, n, *a.stride(), *b.stride(), ACC=_wide(a)[1], TILE=64, INNER=32)
    return out


def _attend(kernel, qkv, lengths, dk, causal, *arrays):
    """One program for each tile of each sequence; lengths None: all of qkv."""
    b, t, width = qkv.shape
    lengths = torch.full((b,), t, device=qkv.device) if lengths is None else lengths.contiguous()
    # Without a GPU Triton's interpreter spends its time between operations, hence large tiles.
    largest = 256 if not qkv.is_cuda else 32 if qkv.dtype == torch.float64 else 64
    tile = min(largest, _power_of_2(t))
    sizes = {"TILE": tile, "DK": _power_of_2(dk), "DV": _power_of_2(width - 2 * dk)}
    if b and t:
        kernel[(triton.cdiv(t, tile), b)](
            qkv,
            lengths,
            *arrays,
            t,
            dk,
            width - 2 * dk,
            SCALE=dk**-0.5,
            CAUSAL=bool(causal),
            ACC=_wide(qkv)[1],
            **sizes,
        )


def _power_of_2(size):
    """The smallest that tl.dot takes, 16, or the next above the size."""
    return max(16, triton.next_power_of_2(size))


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    qkv = _multiply(x.flatten(0, 1), torch.cat([wq, wk, wv], dim=1)).unflatten(0, x.shape[:2])
    out = x.new_empty((*x.shape[:2], wv.shape[1]))
    _attend(_forward, qkv, lengths, wq.shape[1], causal, out)
    return out


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    tokens, joined = x.flatten(0, 1), torch.cat([wq, wk, wv], dim=1)
    qkv = _multiply(tokens, joined).unflatten(0, x.shape[:2])
    dqkv = torch.empty_like(qkv)
    each_query = (x.new_empty(x.shape[:2], dtype=_wide(x)[0]) for _ in range(3))
    arrays = dout.contiguous(), dqkv, *each_query
    for kernel in (_backward_q, _backward_kv):  # in this order: the second reads what the first notes
        _attend(kernel, qkv, lengths, wq.shape[1], causal, *arrays)
    dqkv = dqkv.flatten(0, 1)
    gradients = _multiply(tokens.mT, dqkv).split([w.shape[1] for w in (wq, wk, wv)], dim=1)
    return _multiply(dqkv, joined.mT).view(x.shape), *gradients
