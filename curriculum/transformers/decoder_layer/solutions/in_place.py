"""The same in NumPy with few temporaries: one head and one block of queries at a time,
which computes no score of the future."""

import math

import numpy as np

ROWS = 128  # queries in a block


def _linear(x, weight, bias):
    y = x @ weight.T
    y += bias
    return y


def _norm(x, weight, bias):
    """Layer norm in the place of x (rows, d)."""
    x -= x.mean(axis=-1, keepdims=True)
    variance = np.einsum("rd,rd->r", x, x)[:, None] / x.shape[-1]
    x /= np.sqrt(variance + 1e-5)
    x *= weight
    x += bias
    return x


def _block(q, k, v, start, padding):
    """Attention of a block of queries of one head, q already scaled; start is the first query's place,
    None if nothing is future."""
    scores = q @ k.T
    if start is not None:
        square = scores[:, start:]
        square[np.triu(np.ones(square.shape, bool), 1)] = -np.inf
    if padding is not None:
        scores[:, padding] = -np.inf
    top = scores.max(axis=-1, keepdims=True)
    scores -= np.where(top == -np.inf, 0, top)
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    return scores @ v / np.where(total == 0, 1, total)


def _attention(rows, source, state, name, heads, shapes, padding, causal):
    """rows (b t, d) and source (b s, d) to (b t, d); shapes are (b, t, d) and (b, s, d)."""
    (b, t, d), width = shapes[0], shapes[0][2] // heads
    weight, bias = state[f"{name}.in_proj_weight"], state[f"{name}.in_proj_bias"]
    q = _linear(rows, weight[:d], bias[:d]).reshape(shapes[0])
    q *= rows.dtype.type(1 / math.sqrt(width))
    kv = _linear(source, weight[d:], bias[d:]).reshape(b, shapes[1][1], 2 * d)
    joined = np.empty(shapes[0], rows.dtype)
    for i, head, start in np.ndindex(b, heads, -(-t // ROWS)):
        start *= ROWS
        block, columns = slice(start, min(start + ROWS, t)), slice(head * width, (head + 1) * width)
        seen = kv[i, : block.stop] if causal else kv[i]
        keys, values = seen[:, columns], seen[:, d:][:, columns]
        hidden = None if padding is None else padding[i]
        joined[i, block, columns] = _block(q[i, block, columns], keys, values, start if causal else None, hidden)
    return _linear(joined.reshape(rows.shape), state[f"{name}.out_proj.weight"], state[f"{name}.out_proj.bias"])


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    y, source = x.reshape(-1, x.shape[-1]), memory.reshape(-1, x.shape[-1])

    def look_back(y):
        return _attention(y, y, state, "self_attn", heads, (x.shape, x.shape), None, True)

    def look_up(y):
        return _attention(y, source, state, "multihead_attn", heads, (x.shape, memory.shape), memory_padding, False)

    def think(y):
        hidden = _linear(y, state["linear1.weight"], state["linear1.bias"])
        np.maximum(hidden, 0, out=hidden)
        return _linear(hidden, state["linear2.weight"], state["linear2.bias"])

    for name, sublayer in (("norm1", look_back), ("norm2", look_up), ("norm3", think)):
        norm = state[f"{name}.weight"], state[f"{name}.bias"]
        added = sublayer(_norm(y.copy(), *norm)) if norm_first else sublayer(y)
        added += y
        y = added if norm_first else _norm(added, *norm)
    return y.reshape(x.shape)
