"""A tiled product in Triton: each program computes one tile of the result from a strip of a and a strip of b.

A tile of 128 x 128 reads 256 numbers for every 16,384 products, so that a matrix is read from memory size / 128 times, not
size times; tl.dot hands two tiles to the tensor cores or to plain fused multiply-adds. float32 stays float32
("ieee"): the default would round the factors to TF32, which has 10 bits where float32 has 23.
After Triton's own tutorial, whose order of programs keeps the strips that neighbours share in the L2 cache.
"""

import torch
import triton
import triton.language as tl

GROUP = 8  # rows of tiles that are worked on together: all of them read the same strip of b


@triton.jit
def _load(x, rows, columns, height, width, row_stride, column_stride):
    """The tile at these rows and columns; zeros where the matrix has ended."""
    inside = (rows[:, None] < height) & (columns[None, :] < width)
    return tl.load(x + rows[:, None] * row_stride + columns[None, :] * column_stride, mask=inside, other=0.0)


@triton.jit
def _matmul(
    a, b, out, m, k, n, a_row, a_column, b_row, b_column,
    ACC: tl.constexpr, ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    down, across = tl.cdiv(m, ROWS), tl.cdiv(n, COLUMNS)
    group, place = tl.program_id(0) // (GROUP * across), tl.program_id(0) % (GROUP * across)
    height = tl.minimum(down - group * GROUP, GROUP)  # the last group may have fewer rows of tiles
    rows = ((group * GROUP + place % height) * ROWS + tl.arange(0, ROWS)).to(tl.int64)
    columns = (place // height * COLUMNS + tl.arange(0, COLUMNS)).to(tl.int64)
    total = tl.zeros([ROWS, COLUMNS], ACC)
    for first in range(0, k, INNER):
        inner = (first + tl.arange(0, INNER)).to(tl.int64)
        a_tile = _load(a, rows, inner, m, k, a_row, a_column)
        b_tile = _load(b, inner, columns, k, n, b_row, b_column)
        total += tl.dot(a_tile, b_tile, input_precision="ieee")
    inside = (rows[:, None] < m) & (columns[None, :] < n)
    tl.store(out + rows[:, None] * n + columns[None, :], total.to(out.dtype.element_ty), mask=inside)


def _tiles(a, m, k, n):
    """The largest tiles worth having; no larger than the matrices, and half as large for float64."""
    most = (64, 16, 64) if a.dtype == torch.float64 else (128, 32, 128)
    sizes = (min(largest, max(16, triton.next_power_of_2(size))) for largest, size in zip(most, (m, k, n), strict=True))
    return dict(zip(("ROWS", "INNER", "COLUMNS"), sizes, strict=True))


def matmul(a, b):
    (m, k), (inner, n) = a.shape, b.shape
    if inner != k:
        raise ValueError(f"inner sizes differ: a is {m} x {k}, b is {inner} x {n}")
    out = a.new_empty((m, n))
    if m and n:  # an empty grid is an error
        tiles = _tiles(a, m, k, n)
        programs = triton.cdiv(m, tiles["ROWS"]) * triton.cdiv(n, tiles["COLUMNS"])
        acc = tl.float64 if a.dtype == torch.float64 else tl.float32
        _matmul[(programs,)](a, b, out, m, k, n, *a.stride(), *b.stride(), ACC=acc, GROUP=GROUP, **tiles)
    return out
