"""The layer and its gradients in Triton, with no array between the base's product and the update's.

A program has all of the rank in one tile. While it adds up its tile of x w^T over the inputs, it adds up x a^T from the same
tiles of x; at the end these few numbers a row meet b and are gone. The gradients of a and b need them again, and make
them again: for each tile of a gradient that is a product of 16 columns or so, less than writing and reading
them costs. dx is the same kernel as the output, on transposes, which are only other strides.
"""

import torch
import triton
import triton.language as tl


@triton.jit
def _layer(
    x, w, bias, down, up, out, n, d, e, r, w_row, w_column, down_row, down_column, up_row, up_column,
    SCALE: tl.constexpr, BIASED: tl.constexpr, UPDATED: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr, RANK: tl.constexpr,
):  # fmt: skip
    """x w + bias + SCALE (x down) up, for x (n, d), w (d, e), down (d, r), up (r, e)."""
    rows = (tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS))[:, None]
    columns = (tl.program_id(1).to(tl.int64) * COLUMNS + tl.arange(0, COLUMNS))[None, :]
    ranks = tl.arange(0, RANK).to(tl.int64)
    row_in, column_in = rows < n, columns < e
    total = tl.full([ROWS, COLUMNS], 0.0, ACC)
    through = tl.full([ROWS, RANK], 0.0, ACC)
    for first in range(0, d, INNER):
        inner = first + tl.arange(0, INNER).to(tl.int64)
        across, along = inner[None, :], inner[:, None]
        along_in = along < d
        x_tile = tl.load(x + rows * d + across, mask=row_in & (across < d), other=0.0)
        w_tile = tl.load(w + along * w_row + columns * w_column, mask=along_in & column_in, other=0.0)
        total += tl.dot(x_tile, w_tile, input_precision="ieee")
        if UPDATED:
            down_here = down + along * down_row + ranks[None, :] * down_column
            down_tile = tl.load(down_here, mask=along_in & (ranks[None, :] < r), other=0.0)
            through += tl.dot(x_tile, down_tile, input_precision="ieee")
    if UPDATED:
        up_here = up + ranks[:, None] * up_row + columns * up_column
        up_tile = tl.load(up_here, mask=(ranks[:, None] < r) & column_in, other=0.0)
        total += tl.dot((SCALE * through).to(up_tile.dtype), up_tile, input_precision="ieee")
    if BIASED:
        total += tl.load(bias + columns, mask=column_in, other=0.0)
    tl.store(out + rows * e + columns, total.to(out.dtype.element_ty), mask=row_in & column_in)


@triton.jit
def _gradient(
    x, down, y, out, n, d, e, r, down_row, down_column, out_row, out_column,
    SCALE: tl.constexpr, ACC: tl.constexpr,
    ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr, RANK: tl.constexpr,
):  # fmt: skip
    """SCALE (x down)^T y, (r, e), for x (n, d), down (d, r), y (n, e)."""
    columns = (tl.program_id(0).to(tl.int64) * COLUMNS + tl.arange(0, COLUMNS))[None, :]
    ranks = tl.arange(0, RANK).to(tl.int64)
    column_in = columns < e
    total = tl.full([RANK, COLUMNS], 0.0, ACC)
    for first_row in range(0, n, ROWS):
        rows = (first_row + tl.arange(0, ROWS).to(tl.int64))[:, None]
        row_in = rows < n
        through = tl.full([ROWS, RANK], 0.0, ACC)
        for first in range(0, d, INNER):
            inner = first + tl.arange(0, INNER).to(tl.int64)
            across, along = inner[None, :], inner[:, None]
            x_tile = tl.load(x + rows * d + across, mask=row_in & (across < d), other=0.0)
            down_here = down + along * down_row + ranks[None, :] * down_column
            down_tile = tl.load(down_here, mask=(along < d) & (ranks[None, :] < r), other=0.0)
            through += tl.dot(x_tile, down_tile, input_precision="ieee")
        y_tile = tl.load(y + rows * e + columns, mask=row_in & column_in, other=0.0)
        total += tl.dot(tl.trans(SCALE * through).to(y_tile.dtype), y_tile, input_precision="ieee")
    out_here = out + ranks[:, None] * out_row + columns * out_column
    tl.store(out_here, total.to(out.dtype.element_ty), mask=(ranks[:, None] < r) & column_in)


@triton.jit
def _merge(
    w, b, a, out, e, d, r, w_row, w_column, b_row, b_column, a_row, a_column,
    SCALE: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, RANK: tl.constexpr,
):  # fmt: skip
    """w + SCALE b a, for w (e, d), b (e, r), a (r, d)."""
    rows = (tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS))[:, None]
    columns = (tl.program_id(1).to(tl.int64) * COLUMNS + tl.arange(0, COLUMNS))[None, :]
    ranks = tl.arange(0, RANK).to(tl.int64)
    across, along = ranks[None, :], ranks[:, None]
    inside = (rows < e) & (columns < d)
    b_tile = tl.load(b + rows * b_row + across * b_column, mask=(rows < e) & (across < r), other=0.0)
    a_tile = tl.load(a + along * a_row + columns * a_column, mask=(along < r) & (columns < d), other=0.0)
    w_tile = tl.load(w + rows * w_row + columns * w_column, mask=inside, other=0.0)
    merged = w_tile + SCALE * tl.dot(b_tile, a_tile, input_precision="ieee")
    tl.store(out + rows * d + columns, merged.to(out.dtype.element_ty), mask=inside)


class LoRALinear:
    def __init__(self, w, bias, r, alpha, rng):
        self.w = self.base = w
        self.bias, self.scale = bias, alpha / r
        outputs, inputs = w.shape
        self.a = (torch.randn(r, inputs, generator=rng, device=w.device, dtype=torch.float32) / inputs**0.5).to(w.dtype)
        self.b = torch.zeros((outputs, r), dtype=w.dtype, device=w.device)

    def forward(self, x):
        self.x = x.reshape(-1, x.shape[-1]).contiguous()
        self.shape = x.shape
        return self._layer(self.x, self.w.T, self.bias, self.a.T, self.b.T).reshape(*x.shape[:-1], len(self.w))

    def backward(self, dy):
        dy = dy.reshape(-1, dy.shape[-1]).contiguous()
        da, db = torch.empty_like(self.a), torch.empty_like(self.b)
        self._gradient(dy, self.b, self.x, da)
        self._gradient(self.x, self.a.T, dy, db.T)
        return da, db, self._layer(dy, self.w, None, self.b, self.a).reshape(self.shape)

    def merge(self):
        if self.w is self.base:
            (e, d), r = self.w.shape, len(self.a)
            out = self.w.new_empty((e, d))
            strides = *self.w.stride(), *self.b.stride(), *self.a.stride()
            tiles = self._tiles(ROWS=e, COLUMNS=d, RANK=r)
            grid = triton.cdiv(e, tiles["ROWS"]), triton.cdiv(d, tiles["COLUMNS"])
            _merge[grid](self.w, self.b, self.a, out, e, d, r, *strides, SCALE=self.scale, **tiles)
            self.w = out

    def unmerge(self):
        self.w = self.base  # kept, so that nothing is lost to rounding

    def trainable(self):
        return self.a.numel() + self.b.numel()

    def _layer(self, x, w, bias, down, up):
        (n, d), (r, e) = x.shape, up.shape
        out = x.new_empty((n, e))
        tiles = self._tiles(ROWS=n, INNER=d, COLUMNS=e, RANK=r)
        if n:  # an empty grid is an error
            grid = triton.cdiv(n, tiles["ROWS"]), triton.cdiv(e, tiles["COLUMNS"])
            constants = {"BIASED": bias is not None, "UPDATED": self.w is self.base, "ACC": self._acc()} | tiles
            strides = *w.stride(), *down.stride(), *up.stride()
            _layer[grid](x, w, bias, down, up, out, n, d, e, r, *strides, SCALE=self.scale, **constants)
        return out

    def _gradient(self, x, down, y, out):
        (n, d), (r, e) = x.shape, out.shape
        tiles = self._tiles(ROWS=n, INNER=d, COLUMNS=e, RANK=r)
        sizes = n, d, e, r, *down.stride(), *out.stride()
        constants = {"SCALE": self.scale, "ACC": self._acc()} | tiles
        _gradient[(triton.cdiv(e, tiles["COLUMNS"]),)](x, down, y, out, *sizes, **constants)

    def _acc(self):
        return tl.float64 if self.w.dtype == torch.float64 else tl.float32

    def _tiles(self, RANK, **sizes):
        """Powers of two, 16 at least for tl.dot: the whole rank, and no more of the rest than fits."""
        # Without a GPU Triton's interpreter spends its time between operations, hence large tiles.
        largest = 256 if not self.w.is_cuda else 32 if self.w.dtype == torch.float64 else 64
        tiles = {name: min(largest, max(16, triton.next_power_of_2(size))) for name, size in sizes.items()}
        return tiles | {"RANK": max(16, triton.next_power_of_2(RANK))}
