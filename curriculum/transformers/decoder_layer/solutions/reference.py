"""The decoder layer in NumPy, sublayer by sublayer."""

import math

import numpy as np


def _linear(x, state, name):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def _norm(x, state, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred**2, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]


def _weights(scores, hidden):
    """Softmax over the keys that are not hidden; a row without any is zero."""
    if hidden is not None:
        scores = np.where(hidden, -np.inf, scores)
    top = scores.max(axis=-1, keepdims=True)
    terms = np.exp(scores - np.where(top == -np.inf, 0, top))
    total = terms.sum(axis=-1, keepdims=True)
    return terms / np.where(total == 0, 1, total)


def _heads(i, x, state, name, heads):
    """Queries (i = 0), keys (1) or values (2) of every head, (b, heads, t, d / heads)."""
    b, t, d = x.shape
    rows = slice(i * d, (i + 1) * d)
    projected = x @ state[f"{name}.in_proj_weight"][rows].T + state[f"{name}.in_proj_bias"][rows]
    return projected.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)


def _attention(x, source, state, name, heads, hidden):
    """Queries from x, keys and values from source; hidden broadcasts to (b, heads, t, s)."""
    q = _heads(0, x, state, name, heads)
    k = _heads(1, source, state, name, heads)
    v = _heads(2, source, state, name, heads)
    weights = _weights(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), hidden)
    return _linear((weights @ v).transpose(0, 2, 1, 3).reshape(x.shape), state, f"{name}.out_proj")


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    future = np.triu(np.ones((x.shape[1], x.shape[1]), bool), 1)
    padding = None if memory_padding is None else memory_padding[:, None, None, :]

    def look_back(y):
        return _attention(y, y, state, "self_attn", heads, future)

    def look_up(y):
        return _attention(y, memory, state, "multihead_attn", heads, padding)

    def think(y):
        return _linear(np.maximum(_linear(y, state, "linear1"), 0), state, "linear2")

    for norm, sublayer in (("norm1", look_back), ("norm2", look_up), ("norm3", think)):
        if norm_first:  # noqa: SIM108 - two orders, two lines
            x = x + sublayer(_norm(x, state, norm))
        else:
            x = _norm(x + sublayer(x), state, norm)
    return x
