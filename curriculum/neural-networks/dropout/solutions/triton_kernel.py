"""Dropout whose random numbers never see memory: each program makes its own, uses them and forgets them.

torch.rand writes four bytes for each entry, which the comparison reads again. Philox is a function from a seed and a
counter to four random numbers, so the kernel needs one seed for a whole call: all that the generator is asked for.
After Triton's own tutorial on low-memory dropout; here the mask is written, as it is asked for.
"""

import torch
import triton
import triton.language as tl

BLOCK = 4096  # entries a program


@triton.jit
def _entries(n, BLOCK: tl.constexpr):
    """(places, inside): this program's BLOCK of n entries."""
    places = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    return places, places < n


@triton.jit
def _dropout(x, seed, y, mask, n, P: tl.constexpr, SCALE: tl.constexpr, BLOCK: tl.constexpr):
    places, inside = _entries(n, BLOCK)
    counters = tl.program_id(0).to(tl.int64) * (BLOCK // 4) + tl.arange(0, BLOCK // 4)
    a, b, c, d = tl.rand4x(tl.load(seed), counters)
    drawn = tl.reshape(tl.join(tl.join(a, b), tl.join(c, d)), [BLOCK])
    kept = drawn >= P  # they are below 1, so p = 0 keeps all and p = 1 keeps none
    tl.store(y + places, tl.where(kept, tl.load(x + places, mask=inside) * SCALE, 0.0), mask=inside)
    tl.store(mask + places, kept, mask=inside)


@triton.jit
def _backward(dy, mask, dx, n, SCALE: tl.constexpr, BLOCK: tl.constexpr):
    places, inside = _entries(n, BLOCK)
    kept = tl.load(mask + places, mask=inside, other=0) != 0
    tl.store(dx + places, tl.where(kept, tl.load(dy + places, mask=inside) * SCALE, 0.0), mask=inside)


@triton.jit
def _moments(w, x, mean, variance, d, ODDS: tl.constexpr, ACC: tl.constexpr, BLOCK: tl.constexpr):
    """One row of x: a term w x m / (1 - p) has mean w x and variance (w x)^2 p / (1 - p), and terms are independent."""
    row, columns = tl.program_id(0), tl.arange(0, BLOCK)
    entries = tl.load(x + row.to(tl.int64) * d + columns, mask=columns < d, other=0.0).to(ACC)
    terms = entries * tl.load(w + columns, mask=columns < d, other=0.0).to(ACC)
    tl.store(mean + row, tl.sum(terms, 0).to(mean.dtype.element_ty))
    tl.store(variance + row, (tl.sum(terms * terms, 0) * ODDS).to(variance.dtype.element_ty))


def _empty_like(x, dtype=None):
    return torch.empty_like(x, dtype=dtype, memory_format=torch.contiguous_format)


def _launch(kernel, *arrays, **constants):
    """Enough programs for the entries of the first array; n comes last."""
    n = arrays[0].numel()
    if n:  # an empty grid is an error
        kernel[(triton.cdiv(n, BLOCK),)](*arrays, n, **constants, BLOCK=BLOCK)


def _scale(p):
    return 1 / (1 - p) if p < 1 else 0.0


def dropout(x, p, train, rng):
    if not train:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    y, mask = _empty_like(x), _empty_like(x, torch.bool)
    seed = torch.randint(2**63 - 1, (1,), generator=rng, device=x.device)  # stays there: nobody waits for the device
    _launch(_dropout, x.contiguous(), seed, y, mask, P=p, SCALE=_scale(p))
    return y, mask


def dropout_backward(dy, mask, p):
    dx = _empty_like(dy)
    _launch(_backward, dy.contiguous(), mask.contiguous(), dx, SCALE=_scale(p))
    return dx


def ensemble_moments(w, x, p):
    (n, d), acc = x.shape, tl.float64 if x.dtype == torch.float64 else tl.float32
    mean, variance = x.new_zeros(n), x.new_zeros(n)
    if x.numel() and p < 1:
        constants = {"ODDS": p / (1 - p), "ACC": acc, "BLOCK": triton.next_power_of_2(d)}
        _moments[(n,)](w.contiguous(), x.contiguous(), mean, variance, d, **constants)
    return mean, variance
