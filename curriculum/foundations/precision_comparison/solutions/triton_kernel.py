"""The same integer arithmetic in registers: each number is read once and its 16 bits are written once.

A sum that is rounded after every addition depends on the order of its terms, so no reduction and no scan may take its
place: one program adds from left to right, with a lane for each of the five sums. All products are made before, at
once; as they pass through memory, none is fused with its addition, which would leave it unrounded.
"""

import torch
import triton
import triton.language as tl

BLOCK = 1024
LANES = ("float32", "float16", "bfloat16", "float16 in float32", "bfloat16 in float32")


@triton.jit
def _bf16_bits(x):
    bits = x.to(tl.uint32, bitcast=True)
    upper = bits >> 16
    rounded = (bits + 0x7FFF + (upper & 1)) >> 16  # to the nearest; a tie carries only where the last kept bit is odd
    return tl.where(x != x, upper | 0x0040, rounded)


@triton.jit
def _fp16_bits(x):
    bits = x.to(tl.uint32, bitcast=True)
    magnitude = bits & 0x7FFFFFFF
    normal = tl.minimum((magnitude + 0xFFF + ((magnitude >> 13) & 1) >> 13) - (112 << 10), 0x7C00)
    # From 1/2 to 1 the float32 lie 2**-24 apart, as the float16 do below 2**-14: the addition rounds, and its bits count.
    subnormal = (tl.abs(x) + 0.5).to(tl.uint32, bitcast=True) - 0x3F000000
    rounded = tl.where(magnitude < 0x38800000, subnormal, normal)
    return (bits >> 16) & 0x8000 | tl.where(x != x, 0x7E00, rounded)


@triton.jit
def _bf16(x):
    """The nearest bfloat16, as a float32."""
    return (_bf16_bits(x) << 16).to(tl.float32, bitcast=True)


@triton.jit
def _fp16(x):
    """The nearest float16, as a float32."""
    bits = _fp16_bits(x)
    magnitude = bits & 0x7FFF
    special = ((magnitude << 13) | 0x7F800000).to(tl.float32, bitcast=True)
    normal = ((magnitude << 13) + (112 << 23)).to(tl.float32, bitcast=True)
    finite = tl.where(magnitude < 0x0400, magnitude.to(tl.float32) * 2.0**-24, normal)
    value = tl.where(magnitude < 0x7C00, finite, special)
    return tl.where(bits < 0x8000, value, -value)


@triton.jit
def _rounded(x, in_fp16, in_bf16):
    return tl.where(in_fp16, _fp16(x), tl.where(in_bf16, _bf16(x), x))


@triton.jit
def _to_bits(x, out, n, HALF: tl.constexpr, BLOCK: tl.constexpr):
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    numbers = tl.load(x + here, mask=here < n)
    bits = _fp16_bits(numbers) if HALF else _bf16_bits(numbers)
    tl.store(out + here, bits.to(tl.uint16), mask=here < n)


@triton.jit
def _products(x, y, out, n, BLOCK: tl.constexpr):
    """Eight places for each number: its products in the order of LANES, and three that nobody reads."""
    here, lane = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None], tl.arange(0, 8)[None, :]
    in_fp16, in_bf16 = (lane == 1) | (lane == 3), (lane == 2) | (lane == 4)
    x_rounded = _rounded(tl.load(x + here, mask=here < n, other=0.0), in_fp16, in_bf16)
    y_rounded = _rounded(tl.load(y + here, mask=here < n, other=0.0), in_fp16, in_bf16)
    tl.store(out + here * 8 + lane, _rounded(x_rounded * y_rounded, lane == 1, lane == 2), mask=here < n)


@triton.jit
def _errors(x, y, products, out, n, BLOCK: tl.constexpr):
    lane = tl.arange(0, 8)
    total = tl.zeros([8], tl.float32)
    for i in range(n):
        total = _rounded(total + tl.load(products + tl.cast(i, tl.int64) * 8 + lane), lane == 1, lane == 2)
    exact = tl.zeros([BLOCK], tl.float64)
    for first in range(0, n, BLOCK):
        here = first + tl.arange(0, BLOCK)
        x_here = tl.load(x + here, mask=here < n, other=0.0).to(tl.float64)
        exact += x_here * tl.load(y + here, mask=here < n, other=0.0).to(tl.float64)
    exact = tl.sum(exact, 0)
    tl.store(out + lane, tl.abs(total.to(tl.float64) - exact) / tl.abs(exact))


def _all_bits(x, half):
    x = x.contiguous()
    out = torch.empty_like(x, dtype=torch.uint16)
    if x.numel():  # an empty grid is an error
        _to_bits[(triton.cdiv(x.numel(), BLOCK),)](x, out, x.numel(), HALF=half, BLOCK=BLOCK)
    return out


def to_bf16_bits(x):
    return _all_bits(x, half=False)


def to_fp16_bits(x):
    return _all_bits(x, half=True)


def dot_errors(x, y):
    x, y, n = x.contiguous(), y.contiguous(), len(x)
    products, errors = x.new_empty((n, 8)), x.new_empty(8, dtype=torch.float64)
    _products[(triton.cdiv(n, BLOCK),)](x, y, products, n, BLOCK=BLOCK)
    _errors[(1,)](x, y, products, errors, n, BLOCK=BLOCK)
    return dict(zip(LANES, errors.tolist(), strict=False))
