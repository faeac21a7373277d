"""FlashAttention in Triton: tiles of scores that exist only in registers, forward and backward.

The forward keeps for each query a running maximum, a running sum and a running weighted sum of the values (online softmax).
The backward has two kernels, so that no two programs add to the same place. One goes over the keys twice, first for each
query's maximum, sum and mean of dweights, then for dq; it writes the three numbers down, and the other, which goes over
the queries for dk and dv, makes any tile of weights again from them. FlashAttention writes maximum + log(sum) as one
number: at scores of 10,000 float32 rounds it to 1e-3, and the weights with it.

Sources: Milakov and Gimelshein 2018, https://arxiv.org/abs/1805.02867; Dao 2023, https://arxiv.org/abs/2307.08691
"""

import torch
import triton
import triton.language as tl


@triton.jit
def _load(x, first, length, width, TALL: tl.constexpr, WIDE: tl.constexpr):
    """Rows first to first + TALL of the matrix (length, width) at x; zeros where it has ended."""
    rows = first + tl.arange(0, TALL)
    columns = tl.arange(0, WIDE)
    inside = (rows[:, None] < length) & (columns[None, :] < width)
    return tl.load(x + rows[:, None] * width + columns[None, :], mask=inside, other=0.0)


@triton.jit
def _store(x, values, first, length, width, TALL: tl.constexpr, WIDE: tl.constexpr):
    rows = first + tl.arange(0, TALL)
    columns = tl.arange(0, WIDE)
    inside = (rows[:, None] < length) & (columns[None, :] < width)
    tl.store(x + rows[:, None] * width + columns[None, :], values.to(x.dtype.element_ty), mask=inside)


@triton.jit
def _scores(
    q, k, mask, first_row, first_key, n, m, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ROWS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    """One tile of scores, (ROWS, KEYS); -inf where the mask hides a key or there is none."""
    scores = tl.dot(q, tl.trans(k), input_precision="ieee") * SCALE
    rows = first_row + tl.arange(0, ROWS)[:, None]
    keys = first_key + tl.arange(0, KEYS)[None, :]
    visible = (rows < n) & (keys < m)
    if MASKED:
        visible = tl.load(mask + rows * mask_row + keys * mask_key, mask=visible, other=0) != 0
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
def _forward(
    q, k, v, mask, out, n, m, d, e, mask_batch, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, D: tl.constexpr, E: tl.constexpr,
):  # fmt: skip
    first_row, batch = tl.program_id(0) * ROWS, tl.program_id(1).to(tl.int64)
    k, v, mask = k + batch * m * d, v + batch * m * e, mask + batch * mask_batch
    query = _load(q + batch * n * d, first_row, n, d, ROWS, D)
    top = tl.full([ROWS], -float("inf"), ACC)
    total = tl.zeros([ROWS], ACC)
    weighted = tl.zeros([ROWS, E], ACC)
    for first in range(0, m, KEYS):
        key, value = _load(k, first, m, d, KEYS, D), _load(v, first, m, e, KEYS, E)
        scores = _scores(query, key, mask, first_row, first, n, m, mask_row, mask_key, SCALE, MASKED, ROWS, KEYS)
        top, terms, shrink, total = _online(scores, top, total)
        weighted = weighted * shrink[:, None] + tl.dot(terms.to(value.dtype), value, input_precision="ieee")
    total = tl.where(total == 0, 1.0, total)  # a query without keys: zeros
    _store(out + batch * n * e, weighted / total[:, None], first_row, n, e, ROWS, E)


@triton.jit
def _backward_q(
    dout, q, k, v, mask, tops, totals, means, dq, n, m, d, e, mask_batch, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, D: tl.constexpr, E: tl.constexpr,
):  # fmt: skip
    first_row, batch = tl.program_id(0) * ROWS, tl.program_id(1).to(tl.int64)
    k, v, mask = k + batch * m * d, v + batch * m * e, mask + batch * mask_batch
    query = _load(q + batch * n * d, first_row, n, d, ROWS, D)
    upstream = _load(dout + batch * n * e, first_row, n, e, ROWS, E)
    top = tl.full([ROWS], -float("inf"), ACC)
    total = tl.zeros([ROWS], ACC)
    mean = tl.zeros([ROWS], ACC)  # of dweights under the weights
    for first in range(0, m, KEYS):
        key, value = _load(k, first, m, d, KEYS, D), _load(v, first, m, e, KEYS, E)
        scores = _scores(query, key, mask, first_row, first, n, m, mask_row, mask_key, SCALE, MASKED, ROWS, KEYS)
        top, terms, shrink, total = _online(scores, top, total)
        dweights = tl.dot(upstream, tl.trans(value), input_precision="ieee")
        mean = mean * shrink + tl.sum(terms * dweights, 1)
    top = tl.where(total == 0, 0.0, top)
    total = tl.where(total == 0, 1.0, total)
    mean = mean / total
    gradient = tl.zeros([ROWS, D], ACC)
    for first in range(0, m, KEYS):
        key, value = _load(k, first, m, d, KEYS, D), _load(v, first, m, e, KEYS, E)
        scores = _scores(query, key, mask, first_row, first, n, m, mask_row, mask_key, SCALE, MASKED, ROWS, KEYS)
        weights = tl.exp(scores - top[:, None]) / total[:, None]
        dscores = weights * (tl.dot(upstream, tl.trans(value), input_precision="ieee") - mean[:, None])
        gradient += tl.dot(dscores.to(key.dtype), key, input_precision="ieee")
    _store(dq + batch * n * d, gradient * SCALE, first_row, n, d, ROWS, D)
    rows = first_row + tl.arange(0, ROWS)
    tl.store(tops + batch * n + rows, top, mask=rows < n)
    tl.store(totals + batch * n + rows, total, mask=rows < n)
    tl.store(means + batch * n + rows, mean, mask=rows < n)


@triton.jit
def _backward_kv(
    dout, q, k, v, mask, tops, totals, means, dk, dv, n, m, d, e, mask_batch, mask_row, mask_key,
    SCALE: tl.constexpr, MASKED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr, D: tl.constexpr, E: tl.constexpr,
):  # fmt: skip
    first_key, batch = tl.program_id(0) * KEYS, tl.program_id(1).to(tl.int64)
    q, dout, mask = q + batch * n * d, dout + batch * n * e, mask + batch * mask_batch
    tops, totals, means = tops + batch * n, totals + batch * n, means + batch * n
    key, value = _load(k + batch * m * d, first_key, m, d, KEYS, D), _load(v + batch * m * e, first_key, m, e, KEYS, E)
    dkey, dvalue = tl.zeros([KEYS, D], ACC), tl.zeros([KEYS, E], ACC)
    for first in range(0, n, ROWS):
        query, upstream = _load(q, first, n, d, ROWS, D), _load(dout, first, n, e, ROWS, E)
        scores = _scores(query, key, mask, first, first_key, n, m, mask_row, mask_key, SCALE, MASKED, ROWS, KEYS)
        rows = first + tl.arange(0, ROWS)
        top = tl.load(tops + rows, mask=rows < n, other=0.0)
        total = tl.load(totals + rows, mask=rows < n, other=1.0)
        mean = tl.load(means + rows, mask=rows < n, other=0.0)
        weights = tl.exp(scores - top[:, None]) / total[:, None]
        dscores = weights * (tl.dot(upstream, tl.trans(value), input_precision="ieee") - mean[:, None])
        dvalue += tl.dot(tl.trans(weights.to(upstream.dtype)), upstream, input_precision="ieee")
        dkey += tl.dot(tl.trans(dscores.to(query.dtype)), query, input_precision="ieee")
    _store(dk + batch * m * d, dkey * SCALE, first_key, m, d, KEYS, D)
    _store(dv + batch * m * e, dvalue, first_key, m, e, KEYS, E)


class _Problem:
    """Sizes, tiles and the mask's strides: what every kernel here is told."""

    def __init__(self, q, k, v, mask, scale):
        self.lead, (self.n, self.d), (self.m, self.e) = q.shape[:-2], q.shape[-2:], v.shape[-2:]
        self.batch = self.lead.numel()
        self.dtype = torch.float64 if q.dtype == torch.float64 else torch.float32  # of sums
        # A merged view of the leading axes, of stride 0 where the mask has none; copied only where no stride fits.
        masked = mask is not None
        self.mask = mask.broadcast_to(*self.lead, self.n, self.m).reshape(self.batch, self.n, self.m) if masked else q
        self.sizes = (self.n, self.m, self.d, self.e, *(self.mask.stride() if masked else (0, 0, 0)))
        # Without a GPU Triton's interpreter spends its time between operations, hence large tiles.
        largest = 256 if not q.is_cuda else 32 if self.dtype == torch.float64 else 64
        self.rows, self.keys = (min(largest, _power_of_2(length)) for length in (self.n, self.m))
        self.constants = {
            "SCALE": float(self.d**-0.5 if scale is None else scale), "MASKED": masked,
            "ACC": tl.float64 if self.dtype == torch.float64 else tl.float32, "ROWS": self.rows, "KEYS": self.keys,
            "D": _power_of_2(self.d), "E": _power_of_2(self.e),
        }  # fmt: skip

    def launch(self, kernel, tiles, *arrays):
        """So many programs for each matrix of the batch."""
        if self.n and self.batch:  # an empty grid is an error
            kernel[(tiles, self.batch)](*arrays, *self.sizes, **self.constants)


def _power_of_2(length):
    """The smallest that tl.dot takes, 16, or the next above the length."""
    return max(16, triton.next_power_of_2(length))


def attention(q, k, v, mask=None, scale=None):
    q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
    problem = _Problem(q, k, v, mask, scale)
    out = q.new_empty((*q.shape[:-1], v.shape[-1]))
    problem.launch(_forward, triton.cdiv(problem.n, problem.rows), q, k, v, problem.mask, out)
    return out


def attention_backward(dout, q, k, v, mask=None, scale=None):
    dout, q, k, v = dout.contiguous(), q.contiguous(), k.contiguous(), v.contiguous()
    problem = _Problem(q, k, v, mask, scale)
    dq, dk, dv = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)  # zeros: there may be no query at all
    each_query = (q.new_empty(q.shape[:-1], dtype=problem.dtype) for _ in range(3))
    given = dout, q, k, v, problem.mask, *each_query
    problem.launch(_backward_q, triton.cdiv(problem.n, problem.rows), *given, dq)
    problem.launch(_backward_kv, triton.cdiv(problem.m, problem.keys), *given, dk, dv)
    return dq, dk, dv
