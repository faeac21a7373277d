"""The reference's model on a cache that is allocated once."""

import numpy as np


class KVCache:
    """Two arrays made once, (layers, b, h, max_len, w): appending writes into them, and a view is a slice, not a copy."""

    def __init__(self, layers, batch, heads, width, max_len, like):
        self.keys = np.zeros((layers, batch, heads, max_len, width), like.dtype)
        self.values = np.zeros_like(self.keys)
        self.lengths = np.zeros((layers, batch), np.int64)

    def append(self, layer, k, v, counts=None):
        before, t = self.lengths[layer], k.shape[2]
        after = before + (t if counts is None else counts)
        if after.max() > self.keys.shape[3]:
            raise ValueError(f"a sequence would be longer than {self.keys.shape[3]}")
        for i, (start, stop) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
            self.keys[layer, i, :, start:stop] = k[i, :, : stop - start]
            self.values[layer, i, :, start:stop] = v[i, :, : stop - start]
        self.lengths[layer] = after

    def view(self, layer):
        n = self.lengths[layer].max()
        return self.keys[layer, :, :, :n], self.values[layer, :, :, :n], self.lengths[layer].copy()

    def nbytes(self):
        return self.keys.nbytes + self.values.nbytes


def prefill(state, heads, ids, lengths, max_len):
    d, layers = state["wte.weight"].shape[1], sum(name.endswith("ln_1.bias") for name in state)
    cache = KVCache(layers, len(ids), heads, d // heads, max_len, state["wte.weight"])
    start = np.zeros(len(ids), np.int64)
    x = run(state, heads, cache, ids, start, lengths)
    return head(state, x[np.arange(len(ids)), lengths - 1]), cache


def decode_step(state, heads, cache, ids):
    start = cache.view(0)[2]
    x = run(state, heads, cache, ids[:, None], start, np.ones_like(start))
    return head(state, x[:, 0])


def run(state, heads, cache, ids, start, counts):
    """Activations (b, t, d) of new tokens; those of sequence i have the positions start[i], start[i] + 1, ..."""
    layers = sum(name.endswith("ln_1.bias") for name in state)
    positions = start[:, None] + np.arange(ids.shape[1])
    last = len(state["wpe.weight"]) - 1
    x = state["wte.weight"][ids] + state["wpe.weight"][np.minimum(positions, last)]  # beyond: padding, or refused below
    for i in range(layers):

        def p(name, i=i):
            return state[f"h.{i}.{name}"]

        qkv = layer_norm(x, p("ln_1.weight"), p("ln_1.bias")) @ p("attn.c_attn.weight") + p("attn.c_attn.bias")
        q, k, v = (split(part, heads) for part in np.split(qkv, 3, axis=-1))
        cache.append(i, k, v, counts)
        keys, values, _ = cache.view(i)
        # a token sees what lies at its own position or before; what pads a shorter sequence lies behind
        seen = np.arange(keys.shape[2]) <= positions[:, None, :, None]
        mixed = attention(q, keys, values, seen)
        x = x + mixed @ p("attn.c_proj.weight") + p("attn.c_proj.bias")
        hidden = gelu(layer_norm(x, p("ln_2.weight"), p("ln_2.bias")) @ p("mlp.c_fc.weight") + p("mlp.c_fc.bias"))
        x = x + hidden @ p("mlp.c_proj.weight") + p("mlp.c_proj.bias")
    return x


def head(state, x):
    return layer_norm(x, state["ln_f.weight"], state["ln_f.bias"]) @ state["wte.weight"].T


def split(x, heads):
    """(b, t, d) to (b, h, t, w)."""
    b, t, d = x.shape
    return x.reshape(b, t, heads, d // heads).swapaxes(1, 2)


def attention(q, k, v, seen):
    """Mixed values with the heads side by side again, (b, t, d)."""
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]).astype(q.dtype)
    scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    b, h, t, w = q.shape
    return (weights @ v).swapaxes(1, 2).reshape(b, t, h * w)


def layer_norm(x, gamma, beta):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * gamma + beta


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + 0.044715 * x**3)))
