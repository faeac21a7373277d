"""The same in Triton: six launches a layer, which write to memory only what another program has to read.

A product normalizes its rows as it loads them and applies bias, GELU and residual before it stores, so that neither a
normalized activation nor a sum is written twice. The cache holds a token's heads side by side, as the product gives
them, so that one program appends a whole token. Attention reads queries where the product left them, and of the cache
only the tiles up to its last query's position: the cost of a step grows with the sequence's length and not with the
room. Where all sequences grow alike, as in a step, the host knows whether they fit and never waits for the device.

Kernels call no others, count in int64 and take large tiles off the GPU: Triton's interpreter pays for each call and
operation, and checks int32 for overflow.
"""

import torch
import triton
import triton.language as tl


@triton.jit
def _embed(wte, wpe, ids, start, out, tokens, t, d, last, ROWS: tl.constexpr, WIDTH: tl.constexpr):
    """A token's row of wte and its position's of wpe. Beyond the last there is padding, or what is refused later."""
    token, column = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS), tl.arange(0, WIDTH).to(tl.int64)[None, :]
    real = token < tokens
    position = tl.minimum(tl.load(start + token // t, mask=real, other=0) + token % t, last)[:, None]
    word = tl.load(ids + token, mask=real, other=0)[:, None]
    inside = real[:, None] & (column < d)
    total = tl.load(wte + word * d + column, mask=inside) + tl.load(wpe + position * d + column, mask=inside)
    tl.store(out + token[:, None] * d + column, total, mask=inside)


@triton.jit
def _linear(
    x, gamma, beta, w, bias, residual, out, m, k, n, w_row, w_column,
    GELU: tl.constexpr, ACC: tl.constexpr, ROWS: tl.constexpr, INNER: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """residual + gelu(layer_norm(x) @ w + bias), without the parts whose arrays are None."""
    row = (tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS))[:, None]
    column = (tl.program_id(1).to(tl.int64) * COLUMNS + tl.arange(0, COLUMNS))[None, :]
    inner, down, across = tl.arange(0, INNER).to(tl.int64), row < m, column < n
    left, right = x + (row * k + inner[None, :]), w + column * w_column
    if gamma is not None:
        sums = tl.full([ROWS, INNER], 0.0, ACC)
        for first in range(0, k, INNER):
            sums += tl.load(left + first, mask=down & (first + inner < k)[None, :], other=0.0)
        mean = (tl.sum(sums, 1) / k)[:, None]
        squares = tl.full([ROWS, INNER], 0.0, ACC)
        for first in range(0, k, INNER):
            inside = down & (first + inner < k)[None, :]
            centred = tl.where(inside, tl.load(left + first, mask=inside, other=0.0) - mean, 0.0)
            squares += centred * centred
        inverse = (1.0 / tl.sqrt(tl.sum(squares, 1) / k + 1e-5))[:, None]
    total = tl.full([ROWS, COLUMNS], 0.0, ACC)
    for first in range(0, k, INNER):
        at = first + inner
        real = at < k
        rows = tl.load(left + first, mask=down & real[None, :], other=0.0)
        if gamma is not None:
            scale, shift = tl.load(gamma + at, mask=real, other=0.0), tl.load(beta + at, mask=real, other=0.0)
            rows = ((rows - mean) * inverse * scale[None, :] + shift[None, :]).to(x.dtype.element_ty)
        columns = tl.load(right + at[:, None] * w_row, mask=real[:, None] & across, other=0.0)
        total += tl.dot(rows, columns, input_precision="ieee")
    if bias is not None:
        total += tl.load(bias + column, mask=across, other=0.0)
    if GELU:  # 1 / (1 + exp(-2 y)) is (1 + tanh(y)) / 2, and 1.5957... is 2 sqrt(2 / pi)
        total = total / (1.0 + tl.exp(-1.5957691216057308 * (total + 0.044715 * total * total * total)))
    target, inside = row * n + column, down & across
    if residual is not None:
        total += tl.load(residual + target, mask=inside, other=0.0)
    tl.store(out + target, total.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _append(
    k, v, keys, values, before, after, tokens, t, d, width, room, batch_stride, head_stride, token_stride,
    ROWS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """Tokens of k and v, to where their sequence ended in keys and values (b, room, d)."""
    token, column = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS), tl.arange(0, WIDTH).to(tl.int64)[None, :]
    real, sequence, place = token < tokens, token // t, token % t
    place_after = tl.load(before + sequence, mask=real, other=0) + place
    inside = (place_after < tl.load(after + sequence, mask=real, other=0))[:, None] & (column < d)
    source = (sequence * batch_stride + place * token_stride)[:, None] + column // width * head_stride + column % width
    target = (sequence * room + place_after)[:, None] * d + column
    tl.store(keys + target, tl.load(k + source, mask=inside), mask=inside)
    tl.store(values + target, tl.load(v + source, mask=inside), mask=inside)


@triton.jit
def _attention(
    qkv, keys, values, start, out, pairs, t, longest, heads, width, room,
    SCALE: tl.constexpr, ACC: tl.constexpr,
    PAIRS: tl.constexpr, QUERIES: tl.constexpr, KEYS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    """Queries of PAIRS heads, whose positions begin at their sequence's start; qkv (b, t, 3 d), out (b, t, d)."""
    pair = (tl.program_id(1).to(tl.int64) * PAIRS + tl.arange(0, PAIRS))[:, None, None]
    row = (tl.program_id(0).to(tl.int64) * QUERIES + tl.arange(0, QUERIES))[None, :, None]
    columns, place = tl.arange(0, WIDTH).to(tl.int64), tl.arange(0, KEYS).to(tl.int64)
    column, key_column = columns[None, None, :], columns[None, :, None]
    sequence, head, d, real = pair // heads, pair % heads * width, heads * width, pair < pairs
    wide, key_wide = real & (column < width), real & (key_column < width)
    token, asked = sequence * t + row, wide & (row < t)
    query = tl.load(qkv + token * 3 * d + head + column, mask=asked, other=0.0)
    position = tl.load(start + sequence, mask=real, other=0) + row
    held = sequence * room * d + head
    keys, values = keys + (held + key_column), values + (held + column)
    top, total = tl.full([PAIRS, QUERIES], -float("inf"), ACC), tl.full([PAIRS, QUERIES], 0.0, ACC)
    weighted = tl.full([PAIRS, QUERIES, WIDTH], 0.0, ACC)
    # The first tile holds position 0, which every query sees, so no maximum is -inf from there on.
    for first in range(0, tl.minimum(longest, tl.max(position) + 1), KEYS):
        at = first + place
        filled, key_at = at < longest, at[None, None, :]
        key = tl.load(keys + key_at * d, mask=key_wide & filled[None, None, :], other=0.0)
        value = tl.load(values + at[None, :, None] * d, mask=wide & filled[None, :, None], other=0.0)
        scores = tl.where(key_at <= position, tl.dot(query, key, input_precision="ieee") * SCALE, -float("inf"))
        higher = tl.maximum(top, tl.max(scores, 2))
        terms, shrink = tl.exp(scores - higher[:, :, None]), tl.exp(top - higher)
        total = total * shrink + tl.sum(terms, 2)
        weighted = weighted * shrink[:, :, None] + tl.dot(terms.to(value.dtype), value, input_precision="ieee")
        top = higher
    tl.store(out + token * d + head + column, (weighted / total[:, :, None]).to(out.dtype.element_ty), mask=asked)


def _tile(x, size, most):
    """A power of two that holds the size, at least tl.dot's 16, at most `most` on a GPU and 256 off it."""
    return min(most if x.is_cuda else 256, max(16, triton.next_power_of_2(size)))


class KVCache:
    def __init__(self, layers, batch, heads, width, max_len, like):
        self.keys = torch.zeros((layers, batch, max_len, heads * width), dtype=like.dtype, device=like.device)
        self.values = torch.zeros_like(self.keys)
        self.lengths = torch.zeros((layers, batch), dtype=torch.int64, device=like.device)
        self.longest = [0] * layers  # known to the host
        self.heads = heads, width

    def append(self, layer, k, v, counts=None):
        (b, _, t, width), (room, d) = k.shape, self.keys.shape[2:]
        before = self.lengths[layer]
        after = before + (t if counts is None else counts)
        longest = self.longest[layer] + t if counts is None else int(after.max())
        if longest > room:
            raise ValueError(f"a sequence would be longer than {room}")
        if k.stride() != v.stride() or k.stride(3) != 1:
            k, v = k.contiguous(), v.contiguous()
        if k.numel():  # an empty grid is an error
            rows = _tile(k, b * t, 1)
            _append[(triton.cdiv(b * t, rows),)](
                k, v, self.keys[layer], self.values[layer], before, after, b * t, t, d, width, room, *k.stride()[:3],
                ROWS=rows, WIDTH=triton.next_power_of_2(d),
            )  # fmt: skip
        self.lengths[layer], self.longest[layer] = after, longest

    def view(self, layer):
        held = (whole[layer, :, : self.longest[layer]].unflatten(-1, self.heads) for whole in (self.keys, self.values))
        return *(part.transpose(1, 2) for part in held), self.lengths[layer].clone()

    def nbytes(self):
        return 2 * self.keys.numel() * self.keys.element_size()


def prefill(state, heads, ids, lengths, max_len):
    d, layers = state["wte.weight"].shape[1], sum(name.endswith("ln_1.bias") for name in state)
    cache = KVCache(layers, len(ids), heads, d // heads, max_len, state["wte.weight"])
    x = _run(state, heads, cache, ids, lengths)
    return _head(state, x[torch.arange(len(ids), device=ids.device), lengths - 1]), cache


def decode_step(state, heads, cache, ids):
    return _head(state, _run(state, heads, cache, ids[:, None])[:, 0])


def _run(state, heads, cache, ids, counts=None):
    """Activations (b, t, d) of new tokens, which stand behind those in the cache and enter it."""
    (b, t), wte, wpe = ids.shape, state["wte.weight"].contiguous(), state["wpe.weight"].contiguous()
    d, start, room = wte.shape[1], cache.lengths[0].clone(), cache.keys.shape[2]
    x, width, rows = wte.new_empty((b, t, d)), d // heads, _tile(wte, b * t, 1)
    _embed[(triton.cdiv(b * t, rows),)](
        wte, wpe, ids.contiguous(), start, x, b * t, t, d, len(wpe) - 1, ROWS=rows, WIDTH=triton.next_power_of_2(d)
    )
    pairs = 1 if x.is_cuda else min(16, triton.next_power_of_2(b * heads))
    tiles = {"PAIRS": pairs, "QUERIES": _tile(x, t, 32), "KEYS": _tile(x, room, 32)}
    tiles["WIDTH"] = max(16, triton.next_power_of_2(width))
    programs = triton.cdiv(t, tiles["QUERIES"]), triton.cdiv(b * heads, pairs)
    for i in range(len(cache.lengths)):
        w = {name.removeprefix(f"h.{i}."): array for name, array in state.items() if name.startswith(f"h.{i}.")}
        qkv = _product(w, "attn.c_attn", x, norm="ln_1")
        _, k, v = (part.unflatten(-1, (heads, width)).transpose(1, 2) for part in qkv.split(d, dim=-1))
        cache.append(i, k, v, counts)
        mixed = torch.empty_like(x)
        _attention[programs](
            qkv, cache.keys[i], cache.values[i], start, mixed, b * heads, t, cache.longest[i], heads, width, room,
            SCALE=width**-0.5, ACC=_acc(x), **tiles,
        )  # fmt: skip
        x = _product(w, "attn.c_proj", mixed, residual=x)
        hidden = _product(w, "mlp.c_fc", x, norm="ln_2", gelu=True)
        x = _product(w, "mlp.c_proj", hidden, residual=x)
    return x


def _head(state, x):
    return _product({**state, "wte.weight": state["wte.weight"].mT}, "wte", x, norm="ln_f")


def _product(w, name, x, norm=None, residual=None, gelu=False):
    """x, normalized if a norm is named, times the matrix of this name, and what belongs behind it; x (..., k)."""
    matrix, x = w[f"{name}.weight"], x.contiguous()
    vectors = f"{norm}.weight", f"{norm}.bias", f"{name}.bias"
    gamma, beta, bias = (w[vector].contiguous() if vector in w else None for vector in vectors)
    (k, n), m = matrix.shape, x.shape[:-1].numel()
    out = x.new_empty((*x.shape[:-1], n))
    rows, inner, columns = _tile(x, m, 64), _tile(x, k, 32), _tile(x, n, 32)
    _linear[(triton.cdiv(m, rows), triton.cdiv(n, columns))](
        x, gamma, beta, matrix, bias, residual, out, m, k, n, *matrix.stride(),
        GELU=gelu, ACC=_acc(x), ROWS=rows, INNER=inner, COLUMNS=columns,
    )  # fmt: skip
    return out


def _acc(x):
    return tl.float64 if x.dtype == torch.float64 else tl.float32
