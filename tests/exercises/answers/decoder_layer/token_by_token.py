"""Written as a decoder runs: one token after the other, with a growing cache of keys and values, so that no mask is
needed."""

import numpy as np


def norm(x, state, name):
    return (x - np.mean(x)) / np.sqrt(np.var(x) + x.dtype.type(1e-5)) * state[name + ".weight"] + state[name + ".bias"]


def project(x, state, name, which):
    w, b = np.split(state[name + ".in_proj_weight"], 3)[which], np.split(state[name + ".in_proj_bias"], 3)[which]
    return x @ w.T + b


def look(query, keys, values, state, name, heads):
    """One query (d,), keys and values (m, d)."""
    out = np.zeros_like(query)
    for own in np.array_split(np.arange(len(query)), heads):
        if len(keys):
            scores = keys[:, own] @ query[own] / np.sqrt(query.dtype.type(len(own)))
            e = np.exp(scores - scores.max())
            out[own] = (e / e.sum()) @ values[:, own]
    return state[name + ".out_proj.weight"] @ out + state[name + ".out_proj.bias"]


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    out = np.zeros_like(x)
    for i in range(len(x)):
        source = memory[i] if memory_padding is None else memory[i][~memory_padding[i]]
        source_keys, source_values = (project(source, state, "multihead_attn", j) for j in (1, 2))
        cache = []

        def look_back(y, cache=cache):
            cache.append((project(y, state, "self_attn", 1), project(y, state, "self_attn", 2)))
            keys, values = (np.stack(rows) for rows in zip(*cache, strict=True))
            return look(project(y, state, "self_attn", 0), keys, values, state, "self_attn", heads)

        def look_up(y, keys=source_keys, values=source_values):
            return look(project(y, state, "multihead_attn", 0), keys, values, state, "multihead_attn", heads)

        def think(y):
            hidden = np.maximum(state["linear1.weight"] @ y + state["linear1.bias"], 0)
            return state["linear2.weight"] @ hidden + state["linear2.bias"]

        for j, y in enumerate(x[i]):
            for name, sublayer in (("norm1", look_back), ("norm2", look_up), ("norm3", think)):
                y = y + sublayer(norm(y, state, name)) if norm_first else norm(y + sublayer(y), state, name)
            out[i, j] = y
    return out
