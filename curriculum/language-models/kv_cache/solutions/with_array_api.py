"""The model on one allocated array of keys and values, in the array API's functions: for numpy, torch and CuPy.

Sequences differ in length, so new tokens go to different places. Appending writes all slots from the end of the
shortest sequence to that of the longest at once, gathered from what they held and the new tokens: no loop over
sequences. The two ends are Python's numbers, so that a step of decoding never waits for the device.
"""

import math

from array_api_compat import array_namespace, device


class KVCache:
    """held (2, layers, b, h, max_len, w): keys, then values; a view is a slice of it."""

    def __init__(self, layers, batch, heads, width, max_len, like):
        xp, there = array_namespace(like), device(like)
        self.held = xp.zeros((2, layers, batch, heads, max_len, width), dtype=like.dtype, device=there)
        self.lengths = [xp.zeros(batch, dtype=xp.int64, device=there) for _ in range(layers)]
        self.ends = [(0, 0)] * layers  # shortest and longest

    def append(self, layer, k, v, counts=None):
        xp, t = array_namespace(k), k.shape[2]
        before, (first, longest) = self.lengths[layer], self.ends[layer]
        after = before + (t if counts is None else counts)
        ends = (first + t, longest + t) if counts is None else (int(xp.min(after)), int(xp.max(after)))
        if ends[1] > self.held.shape[4]:
            raise ValueError(f"a sequence would be longer than {self.held.shape[4]}")
        slots = self.held[:, layer, :, :, first : ends[1], :]
        new = xp.stack((k, v))
        if counts is not None or first < longest:
            slot = xp.arange(first, ends[1], device=device(k))
            taken = (slot >= before[:, None]) & (slot < after[:, None])
            source = xp.where(taken, slots.shape[3] + slot - before[:, None], slot - first)
            new = xp.take_along_axis(xp.concat((slots, new), axis=3), source[None, :, None, :, None], axis=3)
        slots[...] = new
        self.lengths[layer], self.ends[layer] = after, ends

    def view(self, layer):
        keys_and_values = self.held[:, layer, :, :, : self.ends[layer][1], :]
        return keys_and_values[0, ...], keys_and_values[1, ...], self.lengths[layer]

    def nbytes(self):
        return math.prod(self.held.shape) * (array_namespace(self.held).finfo(self.held.dtype).bits // 8)


def prefill(state, heads, ids, lengths, max_len):
    wte, layers = state["wte.weight"], sum(name.endswith("ln_1.bias") for name in state)
    cache = KVCache(layers, ids.shape[0], heads, wte.shape[1] // heads, max_len, wte)
    x = run(state, heads, cache, ids, lengths)
    last = array_namespace(x).take_along_axis(x, (lengths - 1)[:, None, None], axis=1)
    return head(state, last[:, 0, :]), cache


def decode_step(state, heads, cache, ids):
    return head(state, run(state, heads, cache, ids[:, None])[:, 0, :])


def run(state, heads, cache, ids, counts=None):
    """Activations (b, t, d) of new tokens, which stand behind those in the cache and enter it."""
    xp, (b, t), there = array_namespace(ids), ids.shape, device(ids)
    d = state["wte.weight"].shape[1]
    positions = cache.lengths[0][:, None] + xp.arange(t, device=there)
    known = xp.minimum(positions, state["wpe.weight"].shape[0] - 1)  # beyond: padding, or refused by the cache
    x = rows(state["wte.weight"], ids) + rows(state["wpe.weight"], known)
    for i in range(len(cache.lengths)):

        def norm(x, name, i=i):
            return layer_norm(x, state[f"h.{i}.{name}.weight"], state[f"h.{i}.{name}.bias"])

        def linear(x, name, i=i):
            return x @ state[f"h.{i}.{name}.weight"] + state[f"h.{i}.{name}.bias"]

        qkv = xp.reshape(linear(norm(x, "ln_1"), "attn.c_attn"), (b, t, 3, heads, d // heads))
        qkv = xp.permute_dims(qkv, (2, 0, 3, 1, 4))
        cache.append(i, qkv[1, ...], qkv[2, ...], counts)
        keys, values, _ = cache.view(i)
        # a token sees what lies at its own position or before; what pads a shorter sequence lies behind
        seen = xp.arange(keys.shape[2], device=there) <= positions[:, None, :, None]
        mixed = attention(qkv[0, ...], keys, values, seen)
        x = x + linear(xp.reshape(xp.permute_dims(mixed, (0, 2, 1, 3)), (b, t, d)), "attn.c_proj")
        x = x + linear(gelu(linear(norm(x, "ln_2"), "mlp.c_fc")), "mlp.c_proj")
    return x


def head(state, x):
    return layer_norm(x, state["ln_f.weight"], state["ln_f.bias"]) @ state["wte.weight"].T


def rows(table, ids):
    """The table's rows of these numbers, ids.shape + (d,)."""
    xp = array_namespace(table)
    return xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, table.shape[1]))


def attention(q, k, v, seen):
    xp = array_namespace(q)
    scores = xp.where(seen, q @ xp.matrix_transpose(k) * q.shape[-1] ** -0.5, -xp.inf)
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return weights / xp.sum(weights, axis=-1, keepdims=True) @ v


def layer_norm(x, gamma, beta):
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    return centred / xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + 1e-5) * gamma + beta


def gelu(x):
    xp = array_namespace(x)
    return 0.5 * x * (1 + xp.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)))
