"""The same on torch tensors: a cache allocated once, and torch's own layer norm and GELU."""

import torch
from torch.nn import functional


class KVCache:
    def __init__(self, layers, batch, heads, width, max_len, like):
        self.keys = torch.zeros((layers, batch, heads, max_len, width), dtype=like.dtype, device=like.device)
        self.values = torch.zeros_like(self.keys)
        self.lengths = torch.zeros((layers, batch), dtype=torch.int64, device=like.device)

    def append(self, layer, k, v, counts=None):
        before, t = self.lengths[layer].clone(), k.shape[2]
        after = before + (t if counts is None else counts)
        if int(after.max()) > self.keys.shape[3]:
            raise ValueError(f"a sequence would be longer than {self.keys.shape[3]}")
        for i, (start, stop) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
            self.keys[layer, i, :, start:stop] = k[i, :, : stop - start]
            self.values[layer, i, :, start:stop] = v[i, :, : stop - start]
        self.lengths[layer] = after

    def view(self, layer):
        n = int(self.lengths[layer].max())
        return self.keys[layer, :, :, :n], self.values[layer, :, :, :n], self.lengths[layer].clone()

    def nbytes(self):
        return 2 * self.keys.numel() * self.keys.element_size()


def prefill(state, heads, ids, lengths, max_len):
    d, layers = state["wte.weight"].shape[1], sum(name.endswith("ln_1.bias") for name in state)
    cache = KVCache(layers, len(ids), heads, d // heads, max_len, state["wte.weight"])
    x = run(state, heads, cache, ids, torch.zeros_like(lengths), lengths)
    return head(state, x[torch.arange(len(ids), device=ids.device), lengths - 1]), cache


def decode_step(state, heads, cache, ids):
    start = cache.view(0)[2]
    x = run(state, heads, cache, ids[:, None], start, torch.ones_like(start))
    return head(state, x[:, 0])


def run(state, heads, cache, ids, start, counts):
    """Activations (b, t, d) of new tokens; those of sequence i have the positions start[i], start[i] + 1, ..."""
    b, t = ids.shape
    positions = start[:, None] + torch.arange(t, device=ids.device)
    x = state["wte.weight"][ids] + state["wpe.weight"][positions.clamp(max=len(state["wpe.weight"]) - 1)]
    d = x.shape[-1]
    for i in range(len(cache.lengths)):
        w = {name.removeprefix(f"h.{i}."): array for name, array in state.items() if name.startswith(f"h.{i}.")}
        normed = functional.layer_norm(x, (d,), w["ln_1.weight"], w["ln_1.bias"])
        qkv = normed @ w["attn.c_attn.weight"] + w["attn.c_attn.bias"]
        q, k, v = (part.reshape(b, t, heads, d // heads).transpose(1, 2) for part in qkv.split(d, dim=-1))
        cache.append(i, k, v, counts)
        keys, values, _ = cache.view(i)
        seen = torch.arange(keys.shape[2], device=ids.device) <= positions[:, None, :, None]
        scores = (q @ keys.transpose(-1, -2) / (d // heads) ** 0.5).masked_fill(~seen, -torch.inf)
        weights = (scores - scores.amax(dim=-1, keepdim=True)).exp()
        weights = weights / weights.sum(dim=-1, keepdim=True)
        mixed = (weights @ values).transpose(1, 2).reshape(b, t, d)
        x = x + mixed @ w["attn.c_proj.weight"] + w["attn.c_proj.bias"]
        normed = functional.layer_norm(x, (d,), w["ln_2.weight"], w["ln_2.bias"])
        hidden = functional.gelu(normed @ w["mlp.c_fc.weight"] + w["mlp.c_fc.bias"], approximate="tanh")
        x = x + hidden @ w["mlp.c_proj.weight"] + w["mlp.c_proj.bias"]
    return x


def head(state, x):
    return functional.layer_norm(x, x.shape[-1:], state["ln_f.weight"], state["ln_f.bias"]) @ state["wte.weight"].T
