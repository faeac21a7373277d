"""Multi-head attention in Triton, where a head is a range of columns: nothing is split or joined, so nothing is copied.

The projections leave queries, keys and values as (b, n, d), and a program of the attention reads and writes the columns of
its own head. The scores exist only as tiles (online softmax), but for head_weights, which is asked for them. The forward
writes down each query's maximum and sum, from which the backward makes any tile of weights again. The mean of dweights
under the weights is dmeans times the means of values, which the gradient of the last projection needs anyway. One kernel goes
over the keys for dqueries, another over the queries for dkeys and dvalues, so that no two programs add to the same place.

Sources: Milakov and Gimelshein 2018, https://arxiv.org/abs/1805.02867; Dao 2023, https://arxiv.org/abs/2307.08691
"""

import torch
import triton
import triton.language as tl


@triton.jit
def _load(x, first_row, first_column, height, width, row_stride, column_stride, TALL: tl.constexpr, WIDE: tl.constexpr):
    """The tile of the matrix (height, width) at x that begins there; zeros where the matrix has ended."""
    rows = first_row + tl.arange(0, TALL).to(tl.int64)[:, None]
    columns = first_column + tl.arange(0, WIDE).to(tl.int64)[None, :]
    inside = (rows < height) & (columns < width)
    return tl.load(x + rows * row_stride + columns * column_stride, mask=inside, other=0.0)


@triton.jit
def _store(out, values, first_row, first_column, height, width, row_stride, TALL: tl.constexpr, WIDE: tl.constexpr):
    rows = first_row + tl.arange(0, TALL).to(tl.int64)[:, None]
    columns = first_column + tl.arange(0, WIDE).to(tl.int64)[None, :]
    inside = (rows < height) & (columns < width)
    tl.store(out + rows * row_stride + columns, values.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _linear(
    x, w, bias, out, n, d, e, w_row, w_column,
    BIASED: tl.constexpr, ACC: tl.constexpr, ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """x w^T + bias, for x (n, d) and w (e, d)."""
    first_row, first_column = tl.program_id(0) * ROWS, tl.program_id(1) * COLUMNS
    total = tl.zeros([ROWS, COLUMNS], ACC)
    for first in range(0, d, INNER):
        x_tile = _load(x, first_row, first, n, d, d, 1, ROWS, INNER)
        w_tile = _load(w, first_column, first, e, d, w_row, w_column, COLUMNS, INNER)
        total += tl.dot(x_tile, tl.trans(w_tile), input_precision="ieee")
    if BIASED:
        total += _load(bias, 0, first_column, 1, e, e, 1, 1, COLUMNS)
    _store(out, total, first_row, first_column, n, e, e, ROWS, COLUMNS)


@triton.jit
def _linear_backward(
    dy, x, dw, dbias, n, d, e, ACC: tl.constexpr, ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr
):
    """dy^T x and the sums of dy's columns, for dy (n, e) and x (n, d)."""
    first_row, first_column = tl.program_id(0) * INNER, tl.program_id(1) * COLUMNS
    total = tl.zeros([COLUMNS, INNER], ACC)
    sums = tl.zeros([1, COLUMNS], ACC)
    for first in range(0, n, ROWS):
        dy_tile = _load(dy, first, first_column, n, e, e, 1, ROWS, COLUMNS)
        x_tile = _load(x, first, first_row, n, d, d, 1, ROWS, INNER)
        total += tl.dot(tl.trans(dy_tile), x_tile, input_precision="ieee")
        sums += tl.sum(dy_tile.to(ACC), 0)[None, :]
    _store(dw, total, first_column, first_row, e, d, d, COLUMNS, INNER)
    if tl.program_id(0) == 0:
        _store(dbias, sums, 0, first_column, 1, e, e, 1, COLUMNS)


@triton.jit
def _head(x, length, heads, width):
    """Where this program's head begins in x (b, length, heads * width)."""
    batch, head = tl.program_id(1) // heads, tl.program_id(1) % heads
    return x + batch.to(tl.int64) * length * heads * width + head * width


@triton.jit
def _tile(x, first, length, heads, width, TALL: tl.constexpr, WIDTH: tl.constexpr):
    """Rows first to first + TALL of one head's columns."""
    return _load(x, first, 0, length, width, heads * width, 1, TALL, WIDTH)


@triton.jit
def _scores(
    query, key, mask, first_row, first_key, n, m, heads, mask_batch, mask_head, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ROWS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    """One tile of scores, (ROWS, KEYS); -inf where the mask hides a key or there is none."""
    scores = tl.dot(query, tl.trans(key), input_precision="ieee") * SCALE
    rows = first_row + tl.arange(0, ROWS).to(tl.int64)[:, None]
    keys = first_key + tl.arange(0, KEYS).to(tl.int64)[None, :]
    visible = (rows < n) & (keys < m)
    if MASKED:
        batch, head = (tl.program_id(1) // heads).to(tl.int64), tl.program_id(1) % heads
        here = mask + batch * mask_batch + head * mask_head + rows * mask_row + keys * mask_key
        visible = tl.load(here, mask=visible, other=0) != 0
    return tl.where(visible, scores, -float("inf"))


@triton.jit
def _online(scores, top, total):
    """(maximum so far, terms of this tile, factor for what was summed under the old maximum, sum so far)."""
    higher = tl.maximum(top, tl.max(scores, 1))
    anchor = tl.where(higher == -float("inf"), 0.0, higher)  # no key so far: -inf - (-inf) would be nan
    terms = tl.exp(scores - anchor[:, None])
    shrink = tl.exp(top - anchor)
    return higher, terms, shrink, total * shrink + tl.sum(terms, 1)


@triton.jit
def _weights(
    q, k, mask, out, n, m, heads, width, mask_batch, mask_head, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """Over the keys twice: for the maxima and the sums, then for the weights."""
    first_row = tl.program_id(0) * ROWS
    query, k = _tile(_head(q, n, heads, width), first_row, n, heads, width, ROWS, WIDTH), _head(k, m, heads, width)
    top = tl.full([ROWS], -float("inf"), ACC)
    total = tl.zeros([ROWS], ACC)
    for first in range(0, m, KEYS):
        key = _tile(k, first, m, heads, width, KEYS, WIDTH)
        scores = _scores(
            query, key, mask, first_row, first, n, m, heads, mask_batch, mask_head, mask_row, mask_key,
            SCALE, MASKED, ROWS, KEYS,
        )  # fmt: skip
        top, _, _, total = _online(scores, top, total)
    top = tl.where(total == 0, 0.0, top)
    total = tl.where(total == 0, 1.0, total)
    for first in range(0, m, KEYS):
        key = _tile(k, first, m, heads, width, KEYS, WIDTH)
        scores = _scores(
            query, key, mask, first_row, first, n, m, heads, mask_batch, mask_head, mask_row, mask_key,
            SCALE, MASKED, ROWS, KEYS,
        )  # fmt: skip
        weights = tl.exp(scores - top[:, None]) / total[:, None]
        _store(out + tl.program_id(1).to(tl.int64) * n * m, weights, first_row, first, n, m, m, ROWS, KEYS)


@triton.jit
def _forward(
    q, k, v, mask, tops, totals, means, n, m, heads, width, mask_batch, mask_head, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    first_row = tl.program_id(0) * ROWS
    query = _tile(_head(q, n, heads, width), first_row, n, heads, width, ROWS, WIDTH)
    k, v = _head(k, m, heads, width), _head(v, m, heads, width)
    top = tl.full([ROWS], -float("inf"), ACC)
    total = tl.zeros([ROWS], ACC)
    weighted = tl.zeros([ROWS, WIDTH], ACC)
    for first in range(0, m, KEYS):
        key = _tile(k, first, m, heads, width, KEYS, WIDTH)
        value = _tile(v, first, m, heads, width, KEYS, WIDTH)
        scores = _scores(
            query, key, mask, first_row, first, n, m, heads, mask_batch, mask_head, mask_row, mask_key,
            SCALE, MASKED, ROWS, KEYS,
        )  # fmt: skip
        top, terms, shrink, total = _online(scores, top, total)
        weighted = weighted * shrink[:, None] + tl.dot(terms.to(value.dtype), value, input_precision="ieee")
    top = tl.where(total == 0, 0.0, top)
    total = tl.where(total == 0, 1.0, total)  # a query without keys: weights of zero
    here = _head(means, n, heads, width)
    _store(here, weighted / total[:, None], first_row, 0, n, width, heads * width, ROWS, WIDTH)
    rows = first_row + tl.arange(0, ROWS)
    tl.store(tops + tl.program_id(1).to(tl.int64) * n + rows, top, mask=rows < n)
    tl.store(totals + tl.program_id(1).to(tl.int64) * n + rows, total, mask=rows < n)


@triton.jit
def _gradients(
    q, k, v, mask, tops, totals, means, dmeans, first_row, first_key,
    n, m, heads, width, mask_batch, mask_head, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """(query, key, dmean, weights, dscores) of one tile of scores; q, k, v, means and dmeans begin at the head."""
    query, key = _tile(q, first_row, n, heads, width, ROWS, WIDTH), _tile(k, first_key, m, heads, width, KEYS, WIDTH)
    value = _tile(v, first_key, m, heads, width, KEYS, WIDTH)
    mean = _tile(means, first_row, n, heads, width, ROWS, WIDTH)
    dmean = _tile(dmeans, first_row, n, heads, width, ROWS, WIDTH)
    scores = _scores(
        query, key, mask, first_row, first_key, n, m, heads, mask_batch, mask_head, mask_row, mask_key,
        SCALE, MASKED, ROWS, KEYS,
    )  # fmt: skip
    rows = first_row + tl.arange(0, ROWS)
    top = tl.load(tops + tl.program_id(1).to(tl.int64) * n + rows, mask=rows < n, other=0.0)
    total = tl.load(totals + tl.program_id(1).to(tl.int64) * n + rows, mask=rows < n, other=1.0)
    weights = tl.exp(scores - top[:, None]) / total[:, None]
    average = tl.sum(dmean.to(ACC) * mean.to(ACC), 1)  # of dweights, under the weights
    dweights = tl.dot(dmean, tl.trans(value), input_precision="ieee")
    return query, key, dmean, weights, SCALE * weights * (dweights - average[:, None])


@triton.jit
def _backward_q(
    q, k, v, mask, tops, totals, means, dmeans, dq, n, m, heads, width, mask_batch, mask_head, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    first_row = tl.program_id(0) * ROWS
    q, k, v = _head(q, n, heads, width), _head(k, m, heads, width), _head(v, m, heads, width)
    means, dmeans = _head(means, n, heads, width), _head(dmeans, n, heads, width)
    dquery = tl.zeros([ROWS, WIDTH], ACC)
    for first in range(0, m, KEYS):
        _, key, _, _, dscores = _gradients(
            q, k, v, mask, tops, totals, means, dmeans, first_row, first,
            n, m, heads, width, mask_batch, mask_head, mask_row, mask_key, SCALE, MASKED, ACC, ROWS, KEYS, WIDTH,
        )  # fmt: skip
        dquery += tl.dot(dscores.to(key.dtype), key, input_precision="ieee")
    _store(_head(dq, n, heads, width), dquery, first_row, 0, n, width, heads * width, ROWS, WIDTH)


@triton.jit
def _backward_kv(
    q, k, v, mask, tops, totals, means, dmeans, dk, dv, n, m, heads, width, mask_batch, mask_head, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    first_key = tl.program_id(0) * KEYS
    q, k, v = _head(q, n, heads, width), _head(k, m, heads, width), _head(v, m, heads, width)
    means, dmeans = _head(means, n, heads, width), _head(dmeans, n, heads, width)
    dkey, dvalue = tl.zeros([KEYS, WIDTH], ACC), tl.zeros([KEYS, WIDTH], ACC)
    for first in range(0, n, ROWS):
        query, _, dmean, weights, dscores = _gradients(
            q, k, v, mask, tops, totals, means, dmeans, first, first_key,
            n, m, heads, width, mask_batch, mask_head, mask_row, mask_key, SCALE, MASKED, ACC, ROWS, KEYS, WIDTH,
        )  # fmt: skip
        dkey += tl.dot(tl.trans(dscores).to(query.dtype), query, input_precision="ieee")
        dvalue += tl.dot(tl.trans(weights).to(dmean.dtype), dmean, input_precision="ieee")
    _store(_head(dk, m, heads, width), dkey, first_key, 0, m, width, heads * width, KEYS, WIDTH)
    _store(_head(dv, m, heads, width), dvalue, first_key, 0, m, width, heads * width, KEYS, WIDTH)


def _largest(x):
    """The side of a tile. Without a GPU Triton's interpreter spends its time between operations, hence large tiles."""
    return 256 if not x.is_cuda else 32 if x.dtype == torch.float64 else 64


def _side(x, length):
    """A power of two that is no smaller than tl.dot takes, and not much larger than the length."""
    return min(_largest(x), max(16, triton.next_power_of_2(length)))


def _acc(x):
    return tl.float64 if x.dtype == torch.float64 else tl.float32


def _apply(x, w, bias=None):
    """x w^T + bias, (b, n, e), for x (b, n, d)."""
    x, (e, d) = x.contiguous(), w.shape
    n, out = x.shape[0] * x.shape[1], x.new_empty((*x.shape[:2], e))
    rows, inner, columns = (_side(x, length) for length in (n, d, e))
    if out.numel():  # an empty grid is an error
        grid = triton.cdiv(n, rows), triton.cdiv(e, columns)
        constants = {"BIASED": bias is not None, "ACC": _acc(x), "ROWS": rows, "INNER": inner, "COLUMNS": columns}
        _linear[grid](x, w, None if bias is None else bias.contiguous(), out, n, d, e, *w.stride(), **constants)
    return out


def _parameters(dy, x, dw, dbias):
    """Fills dw (e, d) and dbias (e,) with the gradients of w and bias where y = x w^T + bias."""
    dy, x, (e, d) = dy.contiguous(), x.contiguous(), dw.shape
    n = x.shape[0] * x.shape[1]
    rows, inner, columns = (_side(x, length) for length in (n, d, e))
    if dw.numel():
        grid = triton.cdiv(d, inner), triton.cdiv(e, columns)
        _linear_backward[grid](dy, x, dw, dbias, n, d, e, ACC=_acc(x), ROWS=rows, INNER=inner, COLUMNS=columns)


class _Problem:
    """Sizes, tiles and the mask's strides: what every kernel of the attention is told."""

    def __init__(self, q, k, in_proj, in_bias, heads, mask):
        (b, n, d), m = q.shape, k.shape[1]
        if d % heads != 0:
            raise ValueError(f"{heads} heads do not divide a width of {d}")
        self.programs, self.n, self.m, self.d = b * heads, n, m, d
        self.in_proj, self.in_bias = in_proj, in_bias
        masked = mask is not None
        self.mask = mask.broadcast_to(b, heads, n, m) if masked else q  # a view, of stride 0 where the mask has no axis
        self.sizes = n, m, heads, d // heads, *(self.mask.stride() if masked else (0, 0, 0, 0))
        self.rows, self.keys = _side(q, n), _side(q, m)
        self.constants = {
            "SCALE": (d // heads) ** -0.5, "MASKED": masked, "ACC": _acc(q), "ROWS": self.rows, "KEYS": self.keys,
            "WIDTH": max(16, triton.next_power_of_2(d // heads)),
        }  # fmt: skip

    def projected(self, i, x):
        """Queries (i = 0), keys (1) or values (2) of all heads, side by side."""
        rows = slice(i * self.d, (i + 1) * self.d)
        return _apply(x, self.in_proj[rows], self.in_bias[rows])

    def launch(self, kernel, tiles, *arrays):
        """So many programs for each head of each sequence."""
        if tiles and self.programs:
            kernel[(tiles, self.programs)](*arrays, *self.sizes, **self.constants)

    def means(self, queries, keys, values):
        """(each query's maximum, its sum, its means of the values in all heads)."""
        wide = torch.float64 if queries.dtype == torch.float64 else torch.float32
        tops, totals = queries.new_empty((2, self.programs, self.n), dtype=wide)
        means = torch.empty_like(queries)
        tiles = triton.cdiv(self.n, self.rows)
        self.launch(_forward, tiles, queries, keys, values, self.mask, tops, totals, means)
        return tops, totals, means


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    problem = _Problem(q, k, in_proj, in_bias, heads, mask)
    out = q.new_empty((q.shape[0], heads, problem.n, problem.m))
    tiles = triton.cdiv(problem.n, problem.rows)
    problem.launch(_weights, tiles, problem.projected(0, q), problem.projected(1, k), problem.mask, out)
    return out


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    problem = _Problem(q, k, in_proj, in_bias, heads, mask)
    _, _, means = problem.means(*(problem.projected(i, x) for i, x in enumerate((q, k, v))))
    return _apply(means, out_proj, out_bias)


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    problem = _Problem(q, k, in_proj, in_bias, heads, mask)
    queries, keys, values = (problem.projected(i, x) for i, x in enumerate((q, k, v)))
    tops, totals, means = problem.means(queries, keys, values)
    given = queries, keys, values, problem.mask, tops, totals, means, _apply(dout, out_proj.T)
    dqueries, dkeys, dvalues = (torch.empty_like(x) for x in (queries, keys, values))
    problem.launch(_backward_q, triton.cdiv(problem.n, problem.rows), *given, dqueries)
    problem.launch(_backward_kv, triton.cdiv(problem.m, problem.keys), *given, dkeys, dvalues)

    parameters = (
        torch.empty_like(x, memory_format=torch.contiguous_format) for x in (in_proj, in_bias, out_proj, out_bias)
    )
    din_proj, din_bias, dout_proj, dout_bias = parameters
    _parameters(dout, means, dout_proj, dout_bias)
    inputs = []
    for i, (dy, x) in enumerate(zip((dqueries, dkeys, dvalues), (q, k, v), strict=True)):
        rows = slice(i * problem.d, (i + 1) * problem.d)
        _parameters(dy, x, din_proj[rows], din_bias[rows])
        inputs.append(_apply(dy, in_proj[rows].T))
    return *inputs, din_proj, din_bias, dout_proj, dout_bias
