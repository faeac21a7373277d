"""Decoding with a key-value cache: your template. Copy of it: impls/kv_cache/kv_cache.py.

The model is GPT-2's, as a dict `state` with GPT-2's names: wte.weight (v, d), wpe.weight (ctx, d), ln_f.weight and .bias (d,), and for each
layer i h.{i}.ln_1.weight, .bias (d,); h.{i}.attn.c_attn.weight (d, 3d) and .bias (3d,), queries, then keys, then values, each cut into
heads; h.{i}.attn.c_proj.weight (d, d) and .bias; h.{i}.ln_2; h.{i}.mlp.c_fc.weight (d, 4d) and .bias; h.{i}.mlp.c_proj.weight (4d, d) and .bias.
Layer norms stand before the branches, eps 1e-5; GELU in its tanh form; products are x @ weight + bias; logits are ln_f(x) @ wte.weight.T.
Shapes: b sequences, h heads of width w = d / h. ids int64. Results have the dtype of the state; inputs stay as they were.
Sources: Radford et al. 2019 (GPT-2); Pope et al. 2022, https://arxiv.org/abs/2211.05102
"""


class KVCache:
    """Keys and values of all tokens so far, for each layer and each sequence; the sequences may differ in length."""

    def __init__(self, layers, batch, heads, width, max_len, like):
        """Empty, with room for max_len tokens a sequence; arrays of the dtype (and device) of the array `like`."""
        raise NotImplementedError("write class KVCache in impls/kv_cache/kv_cache.py")

    def append(self, layer, k, v, counts=None):
        """Put k[i, :, :counts[i]] and v[i, :, :counts[i]] behind what sequence i has in this layer.

        k, v (b, h, t, w). counts: int64 (b,), 0 to t each; None: all t of every sequence. Later changes of k do not reach
        the cache. A sequence that would get longer than max_len raises ValueError.
        """
        raise NotImplementedError("write KVCache.append() in impls/kv_cache/kv_cache.py")

    def view(self, layer):
        """Return (k, v, lengths) of a layer: k and v (b, h, n, w) with n the largest length, zeros behind shorter ones, lengths int64 (b,)."""
        raise NotImplementedError("write KVCache.view() in impls/kv_cache/kv_cache.py")

    def nbytes(self):
        """Return the bytes that the keys and values of a full cache take, an int."""
        raise NotImplementedError("write KVCache.nbytes() in impls/kv_cache/kv_cache.py")


def prefill(state, heads, ids, lengths, max_len):
    """Read whole prompts at once: return (logits (b, v) after each prompt's last token, a KVCache holding the prompts).

    ids (b, l): prompt i is ids[i, :lengths[i]], 1 <= lengths[i] <= l, and what stands behind it is padding without influence, which may
    reach beyond max_len and ctx. A prompt longer than max_len raises ValueError.
    """
    raise NotImplementedError("write prefill() in impls/kv_cache/kv_cache.py")


def decode_step(state, heads, cache, ids):
    """Append one token to each sequence: ids (b,). Return its logits (b, v); the cache then holds the token too.

    The token's position is the number of tokens that its sequence had; it attends to all of these and to itself. Nothing of the earlier
    tokens is computed again: their keys and values come from the cache, whatever they are.
    """
    raise NotImplementedError("write decode_step() in impls/kv_cache/kv_cache.py")
