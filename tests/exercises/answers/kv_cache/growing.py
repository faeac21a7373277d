"""One list of (k, v) a layer and sequence, and decoding that runs each sequence by itself, as a first script would."""

import math

import numpy as np


class KVCache:
    def __init__(self, layers, batch, heads, width, max_len, like):
        self.shape, self.room, self.dtype = (layers, batch, heads, width), max_len, like.dtype
        self.tokens = {(i, j): [] for i in range(layers) for j in range(batch)}

    def append(self, layer, k, v, counts=None):
        for row in range(k.shape[0]):
            own = self.tokens[layer, row]
            for t in range(k.shape[2] if counts is None else int(counts[row])):
                if len(own) == self.room:
                    raise ValueError("the cache is full")
                own.append((k[row, :, t].copy(), v[row, :, t].copy()))

    def view(self, layer):
        _, batch, heads, width = self.shape
        lengths = np.array([len(self.tokens[layer, row]) for row in range(batch)], dtype=np.int64)
        k = np.zeros((batch, heads, lengths.max(), width), self.dtype)
        v = np.zeros_like(k)
        for row in range(batch):
            for t, (key, value) in enumerate(self.tokens[layer, row]):
                k[row, :, t], v[row, :, t] = key, value
        return k, v, lengths

    def nbytes(self):
        return int(np.prod(self.shape)) * self.room * 2 * np.dtype(self.dtype).itemsize


def prefill(state, heads, ids, lengths, max_len):
    layers = sum(1 for name in state if name.endswith("attn.c_proj.bias"))
    width = state["wte.weight"].shape[1] // heads
    cache = KVCache(layers, len(ids), heads, width, max_len, state["wte.weight"])
    logits = []
    for row, n in enumerate(lengths):
        for token in ids[row, :n]:
            last = _one_token(state, heads, cache, row, token)
        logits.append(last)
    return np.stack(logits), cache


def decode_step(state, heads, cache, ids):
    return np.stack([_one_token(state, heads, cache, row, token) for row, token in enumerate(ids)])


def _one_token(state, heads, cache, row, token):
    layers, _, _, width = cache.shape
    place = len(cache.tokens[0, row])
    if place == cache.room:
        raise ValueError("the cache is full")
    x = state["wte.weight"][token] + state["wpe.weight"][place]
    for i in range(layers):
        block = f"h.{i}."
        qkv = _norm(x, state, block + "ln_1") @ state[block + "attn.c_attn.weight"] + state[block + "attn.c_attn.bias"]
        q, k, v = qkv.reshape(3, heads, width)
        cache.tokens[i, row].append((k, v))
        keys = np.stack([key for key, _ in cache.tokens[i, row]])  # (n, h, w)
        values = np.stack([value for _, value in cache.tokens[i, row]])
        mixed = np.zeros((heads, width), x.dtype)
        for h in range(heads):
            scores = keys[:, h] @ q[h] / math.sqrt(width)
            weights = np.exp(scores - scores.max())
            mixed[h] = weights @ values[:, h] / weights.sum()
        x = x + mixed.reshape(-1) @ state[block + "attn.c_proj.weight"] + state[block + "attn.c_proj.bias"]
        up = _norm(x, state, block + "ln_2") @ state[block + "mlp.c_fc.weight"] + state[block + "mlp.c_fc.bias"]
        up = up * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * up * (1 + 0.044715 * up * up)))
        x = x + up @ state[block + "mlp.c_proj.weight"] + state[block + "mlp.c_proj.bias"]
    return _norm(x, state, "ln_f") @ state["wte.weight"].T


def _norm(x, state, name):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * state[name + ".weight"] + state[name + ".bias"]
