"""Losses as fused kernels: a program turns one tile of scores into one number, or into the tile's gradient.

Nothing of a matrix's size is written but a gradient, and each score is read once. q and log p of the plain version live in
registers; torch adds the one number a program that is left, always in the same order, as atomic additions would not.
Two more things are saved: rows beyond the end are ignored rows, and the squared error is twice Huber's loss with a delta of
infinity.
"""

import torch
import triton
import triton.language as tl

TILE = 4096  # numbers a program works on, unless one row is longer: 32 for each thread of four warps


@triton.jit
def _targets(target, n, ignore, ROWS: tl.constexpr):
    """(rows, their targets, whether they count) of this program; a row that does not exist has the ignored target."""
    rows = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    own = tl.load(target + rows, mask=rows < n, other=ignore)
    return rows, own, own != ignore


@triton.jit
def _weigh(target, weight, sums, n, ignore, ACC: tl.constexpr, ROWS: tl.constexpr):
    _, own, counts = _targets(target, n, ignore, ROWS)
    tl.store(sums + tl.program_id(0), tl.sum(tl.load(weight + own, mask=counts, other=0.0).to(ACC), 0))


@triton.jit
def _terms(
    logits, target, weight, n, k, ignore,
    SMOOTHING: tl.constexpr, ACC: tl.constexpr, ROWS: tl.constexpr, CLASSES: tl.constexpr,
):  # fmt: skip
    """(rows, whether they count, log p, q): the loss of a row is -sum q log p, and q is 0 in ignored rows."""
    rows, own, counts = _targets(target, n, ignore, ROWS)
    classes = tl.arange(0, CLASSES)[None, :]
    inside = counts[:, None] & (classes < k)
    scores = tl.load(logits + rows[:, None] * k + classes, mask=inside, other=-float("inf")).to(ACC)
    scores = tl.where(counts[:, None], scores, 0.0)  # a row of nothing but -inf would become nan
    shifted = scores - tl.max(scores, 1)[:, None]
    logp = shifted - tl.log(tl.sum(tl.exp(shifted), 1))[:, None]
    weights = tl.load(weight + classes, mask=classes < k, other=0.0).to(ACC)
    q = tl.where(classes == own[:, None], weights * (1 - SMOOTHING), 0.0) + weights * SMOOTHING / k
    return rows, counts, logp, tl.where(counts[:, None], q, 0.0)


@triton.jit
def _cross_entropy(
    logits, target, weight, out, n, k, ignore, EACH: tl.constexpr,
    SMOOTHING: tl.constexpr, ACC: tl.constexpr, ROWS: tl.constexpr, CLASSES: tl.constexpr,
):  # fmt: skip
    rows, _, logp, q = _terms(logits, target, weight, n, k, ignore, SMOOTHING, ACC, ROWS, CLASSES)
    losses = -tl.sum(q * tl.where(q > 0, logp, 0.0), 1)  # 0 log 0 is 0
    if EACH:
        tl.store(out + rows, losses, mask=rows < n)
    else:
        tl.store(out + tl.program_id(0), tl.sum(losses, 0))


@triton.jit
def _cross_entropy_backward(
    dloss, logits, target, weight, out, n, k, ignore, dloss_row,
    SMOOTHING: tl.constexpr, ACC: tl.constexpr, ROWS: tl.constexpr, CLASSES: tl.constexpr,
):  # fmt: skip
    rows, counts, logp, q = _terms(logits, target, weight, n, k, ignore, SMOOTHING, ACC, ROWS, CLASSES)
    upstream = tl.load(dloss + rows * dloss_row, mask=counts, other=0.0).to(ACC)
    gradient = upstream[:, None] * (tl.exp(logp) * tl.sum(q, 1)[:, None] - q)
    classes = tl.arange(0, CLASSES)[None, :]
    tl.store(out + rows[:, None] * k + classes, gradient, mask=(rows[:, None] < n) & (classes < k))


@triton.jit
def _pairs(x, y, size, ACC: tl.constexpr, BLOCK: tl.constexpr):
    """(places, numbers of x, numbers of y) of this program; zeros beyond the end."""
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x_tile = tl.load(x + here, mask=here < size, other=0.0).to(ACC)
    return here, x_tile, tl.load(y + here, mask=here < size, other=0.0).to(ACC)


@triton.jit
def _binary(z, t, pos_weight, size, k, ACC: tl.constexpr, BLOCK: tl.constexpr):
    """(places, scores, e^-|score|, p t, 1 - t): what -log sigmoid(z) and -log sigmoid(-z) are weighed with comes last."""
    here, scores, positive = _pairs(z, t, size, ACC, BLOCK)
    negative = tl.where(here < size, 1 - positive, 0.0)
    positive *= tl.load(pos_weight + here % k).to(ACC)
    return here, scores, tl.exp(-tl.abs(scores)), positive, negative


@triton.jit
def _bce(z, t, pos_weight, sums, size, k, ACC: tl.constexpr, BLOCK: tl.constexpr):
    _, scores, small, positive, negative = _binary(z, t, pos_weight, size, k, ACC, BLOCK)
    above = 1 + small
    tail = tl.log(above) + (small - (above - 1)) / above  # log1p: the second term is what 1 + small has rounded away
    up, down = tl.where(scores > 0, scores, 0.0), tl.where(scores < 0, -scores, 0.0)
    tl.store(sums + tl.program_id(0), tl.sum(positive * (tail + down) + negative * (tail + up), 0))


@triton.jit
def _bce_backward(dloss, z, t, pos_weight, out, size, k, ACC: tl.constexpr, BLOCK: tl.constexpr):
    here, scores, small, positive, negative = _binary(z, t, pos_weight, size, k, ACC, BLOCK)
    sigmoid = tl.where(scores > 0, 1.0, small) / (1 + small)
    opposite = tl.where(scores > 0, small, 1.0) / (1 + small)  # 1 - sigmoid would lose its digits
    gradient = tl.load(dloss).to(ACC) / size * (negative * sigmoid - positive * opposite)
    tl.store(out + here, gradient, mask=here < size)


@triton.jit
def _huber(prediction, target, sums, size, DELTA: tl.constexpr, ACC: tl.constexpr, BLOCK: tl.constexpr):
    _, ahead, behind = _pairs(prediction, target, size, ACC, BLOCK)
    distance = tl.abs(ahead - behind)
    losses = tl.where(distance <= DELTA, distance * distance / 2, DELTA * (distance - DELTA / 2))
    tl.store(sums + tl.program_id(0), tl.sum(losses, 0))


@triton.jit
def _huber_backward(dloss, prediction, target, out, size, DELTA: tl.constexpr, ACC: tl.constexpr, BLOCK: tl.constexpr):
    here, ahead, behind = _pairs(prediction, target, size, ACC, BLOCK)
    distance = ahead - behind
    slope = tl.where(distance > DELTA, DELTA, tl.where(distance < -DELTA, -DELTA, distance))
    tl.store(out + here, tl.load(dloss).to(ACC) / size * slope, mask=here < size)


def _wide(x):
    """What is summed in: torch's name for it, and Triton's."""
    return (torch.float64, tl.float64) if x.dtype == torch.float64 else (torch.float32, tl.float32)


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    logits, target, weight, constants = _problem(logits, target, weight, label_smoothing)
    (n, k), programs, each = logits.shape, triton.cdiv(len(logits), constants["ROWS"]), reduction == "none"
    out = logits.new_empty(n) if each else logits.new_empty(programs, dtype=_wide(logits)[0])
    if n:  # an empty grid is an error
        _cross_entropy[(programs,)](logits, target, weight, out, n, k, ignore_index, EACH=each, **constants)
    if each:
        return out
    return (out.sum() / _total(target, weight, ignore_index) if reduction == "mean" else out.sum()).to(logits.dtype)


def cross_entropy_backward(
    dloss, logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    logits, target, weight, constants = _problem(logits, target, weight, label_smoothing)
    (n, k), out = logits.shape, torch.empty_like(logits)
    if reduction == "mean":
        dloss = dloss / _total(target, weight, ignore_index)  # infinite where no row counts, and then none reads it
    dloss = dloss.expand(n)
    if n:
        programs = triton.cdiv(n, constants["ROWS"])
        sizes = n, k, ignore_index, dloss.stride(0)
        _cross_entropy_backward[(programs,)](dloss, logits, target, weight, out, *sizes, **constants)
    return out


def _problem(logits, target, weight, smoothing):
    """The arrays in one piece, ones for no weights, and the tile: whole rows, as many as there is room for."""
    n, k = logits.shape
    weight = logits.new_ones(k) if weight is None else weight.contiguous()
    classes = triton.next_power_of_2(k)
    rows = min(max(1, TILE // classes), triton.next_power_of_2(max(n, 1)))
    constants = {"SMOOTHING": smoothing, "ACC": _wide(logits)[1], "ROWS": rows, "CLASSES": classes}
    return logits.contiguous(), target.contiguous(), weight, constants


def _total(target, weight, ignore_index):
    """The sum of the targets' weights."""
    n, (dtype, acc) = len(target), _wide(weight)
    sums = weight.new_empty(triton.cdiv(n, TILE), dtype=dtype)
    if n:
        _weigh[(len(sums),)](target, weight, sums, n, ignore_index, ACC=acc, ROWS=TILE)
    return sums.sum()


def bce_with_logits(z, t, pos_weight=None):
    pos_weight = _or_one(pos_weight, z)
    return _mean(_bce, [z, t, pos_weight], len(pos_weight)).to(z.dtype)


def bce_with_logits_backward(dloss, z, t, pos_weight=None):
    pos_weight = _or_one(pos_weight, z)
    return _gradient(_bce_backward, dloss, [z, t, pos_weight], len(pos_weight))


def _or_one(pos_weight, z):
    """A single one for no weights: places modulo 1 cost nothing, as Triton compiles a size of 1 as a constant."""
    return z.new_ones(1) if pos_weight is None else pos_weight


def mse(prediction, target):
    return (2 * _mean(_huber, [prediction, target], DELTA=float("inf"))).to(prediction.dtype)


def mse_backward(dloss, prediction, target):
    return _gradient(_huber_backward, 2 * dloss, [prediction, target], DELTA=float("inf"))


def huber(prediction, target, delta=1.0):
    return _mean(_huber, [prediction, target], DELTA=float(delta)).to(prediction.dtype)


def huber_backward(dloss, prediction, target, delta=1.0):
    return _gradient(_huber_backward, dloss, [prediction, target], DELTA=float(delta))


def _mean(kernel, arrays, *sizes, **constants):
    """What the kernel gives for all entries of the first array, over their number."""
    size, (dtype, acc) = arrays[0].numel(), _wide(arrays[0])
    sums = arrays[0].new_empty(triton.cdiv(size, TILE), dtype=dtype)
    kernel[(len(sums),)](*(x.contiguous() for x in arrays), sums, size, *sizes, ACC=acc, BLOCK=TILE, **constants)
    return sums.sum() / size


def _gradient(kernel, dloss, arrays, *sizes, **constants):
    x, *others = (array.contiguous() for array in arrays)
    out, size, acc = torch.empty_like(x), x.numel(), _wide(x)[1]
    kernel[(triton.cdiv(size, TILE),)](dloss, x, *others, out, size, *sizes, ACC=acc, BLOCK=TILE, **constants)
    return out
