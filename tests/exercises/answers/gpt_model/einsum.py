"""Heads as an axis of einsum, the state as plain attributes of blocks, sampling by the Gumbel trick."""

import math

import numpy as np


def n_params(vocab, ctx, d, layers):
    total = (vocab + ctx) * d
    for _ in range(layers):
        for n, m in ((d, 3 * d), (d, d), (d, 4 * d), (4 * d, d)):
            total += (n + 1) * m
        total += 4 * d
    return total + 2 * d


class GPT:
    def __init__(self, vocab, ctx, d, heads, layers, rng):
        self.ctx, self.heads = ctx, heads
        sizes = {"attn.c_attn": (d, 3 * d), "attn.c_proj": (d, d), "mlp.c_fc": (d, 4 * d), "mlp.c_proj": (4 * d, d)}
        state = {"wte.weight": rng.normal(0, 0.02, (vocab, d)), "wpe.weight": rng.normal(0, 0.02, (ctx, d))}
        norms = ["ln_f"]
        for i in range(layers):
            norms += [f"h.{i}.ln_1", f"h.{i}.ln_2"]
            for name, shape in sizes.items():
                std = 0.02 / math.sqrt(2 * layers) if name.endswith("c_proj") else 0.02
                state[f"h.{i}.{name}.weight"] = rng.normal(0, std, shape)
                state[f"h.{i}.{name}.bias"] = np.zeros(shape[1])
        for name in norms:
            state[f"{name}.weight"], state[f"{name}.bias"] = np.ones(d), np.zeros(d)
        self.load({name: array.astype(np.float32) for name, array in state.items()})

    def state(self):
        return dict(self.p)

    def load(self, state):
        self.p = {name: array.copy() for name, array in state.items()}
        self.blocks = [f"h.{i}." for i in range(sum("ln_1.bias" in name for name in state))]

    def forward(self, ids):
        if ids.shape[1] > self.ctx:
            raise ValueError("too many tokens")
        p, t = self.p, ids.shape[1]
        x = p["wte.weight"][ids] + p["wpe.weight"][None, :t]
        allowed = np.tril(np.ones((t, t), dtype=bool))
        for block in self.blocks:
            normed = self.norm(x, block + "ln_1")
            q, k, v = np.split(normed @ p[block + "attn.c_attn.weight"] + p[block + "attn.c_attn.bias"], 3, axis=2)
            q, k, v = (a.reshape(*a.shape[:2], self.heads, -1) for a in (q, k, v))
            att = np.einsum("bqhw,bkhw->bhqk", q, k) / math.sqrt(q.shape[-1])
            att = np.where(allowed, att, np.finfo(x.dtype).min)
            att = np.exp(att - att.max(-1, keepdims=True))
            att = att / att.sum(-1, keepdims=True)
            out = np.einsum("bhqk,bkhw->bqhw", att, v).reshape(x.shape)
            x = x + out @ p[block + "attn.c_proj.weight"] + p[block + "attn.c_proj.bias"]
            up = self.norm(x, block + "ln_2") @ p[block + "mlp.c_fc.weight"] + p[block + "mlp.c_fc.bias"]
            up = 0.5 * up * (1 + np.tanh(math.sqrt(2 / math.pi) * (up + 0.044715 * up * up * up)))
            x = x + up @ p[block + "mlp.c_proj.weight"] + p[block + "mlp.c_proj.bias"]
        return np.einsum("btd,vd->btv", self.norm(x, "ln_f"), p["wte.weight"])

    def norm(self, x, name):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * self.p[
            name + ".weight"
        ] + self.p[name + ".bias"]

    def loss(self, ids):
        logits = self.forward(ids)[:, :-1].reshape(-1, len(self.p["wte.weight"]))
        logits = logits - logits.max(1, keepdims=True)
        own = logits[np.arange(len(logits)), ids[:, 1:].ravel()]
        return np.mean(np.log(np.exp(logits).sum(1)) - own)

    def generate(self, ids, n, rng, temperature=1.0, top_k=None):
        ids = ids.copy()
        for _ in range(n):
            logits = self.forward(ids[:, max(0, ids.shape[1] - self.ctx) :])[:, -1] / temperature
            order = np.argsort(-logits, axis=1, kind="stable")
            if top_k is not None:
                np.put_along_axis(logits, order[:, top_k:], -np.inf, axis=1)
            token = np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)
            ids = np.concatenate([ids, token[:, None]], axis=1)
        return ids
