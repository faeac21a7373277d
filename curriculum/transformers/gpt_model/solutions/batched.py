"""The reference with all heads at once and temporaries reused.

x**3 is a power function in NumPy, some thirty times the cost of x * x * x; rows of a batch go through each weight as one product; masked
scores get -inf added in place; and the softmax is normalized after the values are mixed, on w numbers
a query instead of l.
"""

import numpy as np


def n_params(vocab, ctx, d, layers):
    attention = (3 * d * d + 3 * d) + (d * d + d)
    mlp = (4 * d * d + 4 * d) + (4 * d * d + d)
    norms = 2 * 2 * d
    return vocab * d + ctx * d + layers * (attention + mlp + norms) + 2 * d


class GPT:
    def __init__(self, vocab, ctx, d, heads, layers, rng):
        self.ctx, self.heads, self.layers = ctx, heads, layers

        def normal(*shape, std=0.02):
            return (std * rng.standard_normal(shape)).astype(np.float32)

        def zeros(n):
            return np.zeros(n, np.float32)

        residual = 0.02 / np.sqrt(2 * layers)  # each of 2 layers branches adds its variance to the stream
        self.weights = {"wte.weight": normal(vocab, d), "wpe.weight": normal(ctx, d)}
        for i in range(layers):
            block = {
                "ln_1.weight": np.ones(d, np.float32), "ln_1.bias": zeros(d),
                "attn.c_attn.weight": normal(d, 3 * d), "attn.c_attn.bias": zeros(3 * d),
                "attn.c_proj.weight": normal(d, d, std=residual), "attn.c_proj.bias": zeros(d),
                "ln_2.weight": np.ones(d, np.float32), "ln_2.bias": zeros(d),
                "mlp.c_fc.weight": normal(d, 4 * d), "mlp.c_fc.bias": zeros(4 * d),
                "mlp.c_proj.weight": normal(4 * d, d, std=residual), "mlp.c_proj.bias": zeros(d),
            }  # fmt: skip
            self.weights |= {f"h.{i}.{name}": array for name, array in block.items()}
        self.weights |= {"ln_f.weight": np.ones(d, np.float32), "ln_f.bias": zeros(d)}

    def state(self):
        return self.weights

    def load(self, state):
        self.weights = dict(state)

    def forward(self, ids):
        length = ids.shape[1]
        if length > self.ctx:
            raise ValueError(f"{length} tokens, but only {self.ctx} positions")
        x = self.weights["wte.weight"][ids] + self.weights["wpe.weight"][:length]
        for i in range(self.layers):
            x = x + self._attention(self._norm(x, f"h.{i}.ln_1"), f"h.{i}.attn")
            hidden = gelu(self._linear(self._norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"))
            x = x + self._linear(hidden, f"h.{i}.mlp.c_proj")
        return self._norm(x, "ln_f") @ self.weights["wte.weight"].T

    def loss(self, ids):
        logits, targets = self.forward(ids)[:, :-1], ids[:, 1:]
        logits = logits - logits.max(axis=-1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return -np.take_along_axis(logp, targets[..., None], axis=-1).mean()

    def generate(self, ids, n, rng, temperature=1.0, top_k=None):
        for _ in range(n):
            logits = self.forward(ids[:, -self.ctx :])[:, -1]
            logits = logits / temperature
            if top_k is not None and top_k < logits.shape[-1]:
                least = np.sort(logits, axis=-1)[:, [-top_k]]
                logits = np.where(logits < least, -np.inf, logits)
            cumulative = np.cumsum(np.exp(logits - logits.max(axis=-1, keepdims=True)), axis=-1)
            drawn = rng.random((len(ids), 1)) * cumulative[:, -1:]
            token = (cumulative <= drawn).sum(axis=-1, keepdims=True)
            ids = np.concatenate([ids, token], axis=1)
        return ids

    def _linear(self, x, name):
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[f"{name}.weight"]
        flat += self.weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, x, name):
        centred = x - x.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
        return centred / deviation * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _attention(self, x, name):
        b, length, d = x.shape
        w = d // self.heads
        qkv = self._linear(x, f"{name}.c_attn").reshape(b, length, 3, self.heads, w)
        q, k, v = (np.ascontiguousarray(qkv[:, :, part].swapaxes(1, 2)) for part in range(3))
        q *= np.sqrt(1 / w).astype(x.dtype)
        scores = q @ k.swapaxes(-1, -2)
        scores += np.triu(np.full((length, length), -np.inf, x.dtype), k=1)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        mixed = scores @ v
        mixed /= scores.sum(axis=-1, keepdims=True)
        return self._linear(mixed.swapaxes(1, 2).reshape(b, length, d), f"{name}.c_proj")


def gelu(x):
    inner = x * x
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= np.sqrt(2 / np.pi).astype(x.dtype)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= 0.5
    return inner
