"""GPT-2 in the array API's functions: one file for numpy, torch and CuPy.

A new model draws all its numbers at once and cuts them up. Tokens are rows: every weight meets those of the whole batch
in one product, and only attention, for all heads together, sees texts. A text is generated in an array of its final
length, and only its last place goes through the head.
"""

import math

from array_api_compat import array_namespace, device


def n_params(vocab, ctx, d, layers):
    attention = (3 * d * d + 3 * d) + (d * d + d)
    mlp = (4 * d * d + 4 * d) + (4 * d * d + d)
    norms = 2 * 2 * d
    return vocab * d + ctx * d + layers * (attention + mlp + norms) + 2 * d


class GPT:
    def __init__(self, vocab, ctx, d, heads, layers, rng):
        self.ctx, self.heads, self.layers = ctx, heads, layers
        block = {"attn.c_attn": (d, 3 * d), "attn.c_proj": (d, d), "mlp.c_fc": (d, 4 * d), "mlp.c_proj": (4 * d, d)}
        shapes = {"wte": (vocab, d), "wpe": (ctx, d)}
        shapes |= {f"h.{i}.{name}": shape for i in range(layers) for name, shape in block.items()}
        numbers = 0.02 * normal(sum(rows * columns for rows, columns in shapes.values()), rng)
        xp = array_namespace(numbers)  # no other array is given, so the generator decides
        like = {"dtype": numbers.dtype, "device": device(numbers)}
        self.weights, start = {}, 0
        for name, (rows, columns) in shapes.items():
            weight = xp.reshape(numbers[start : start + rows * columns], (rows, columns))
            if name.endswith("c_proj"):
                weight /= math.sqrt(2 * layers)  # each of 2 layers branches adds its variance to the stream
            self.weights[f"{name}.weight"] = weight
            if name.startswith("h."):
                self.weights[f"{name}.bias"] = xp.zeros(columns, **like)
            start += rows * columns
        for name in ("ln_f", *(f"h.{i}.ln_{j}" for i in range(layers) for j in (1, 2))):
            self.weights[f"{name}.weight"], self.weights[f"{name}.bias"] = xp.ones(d, **like), xp.zeros(d, **like)

    def state(self):
        return self.weights

    def load(self, state):
        self.weights = dict(state)

    def forward(self, ids):
        b, length = ids.shape
        if length > self.ctx:
            raise ValueError(f"{length} tokens, but only {self.ctx} positions")
        xp = array_namespace(ids)
        return xp.reshape(self._head(self._stream(ids)), (b, length, -1))

    def loss(self, ids):
        xp = array_namespace(ids)
        logits = self.forward(ids)[:, :-1, :]
        logits = logits - xp.max(logits, axis=-1, keepdims=True)
        targets = xp.take_along_axis(logits, xp.expand_dims(ids[:, 1:], axis=-1), axis=-1)
        return xp.mean(xp.log(xp.sum(xp.exp(logits), axis=-1, keepdims=True)) - targets)

    def generate(self, ids, n, rng, temperature=1.0, top_k=None):
        xp = array_namespace(ids)
        b, length = ids.shape
        text = xp.concat((ids, xp.zeros((b, n), dtype=ids.dtype, device=device(ids))), axis=1)
        for t in range(length, length + n):
            seen = text[:, max(0, t - self.ctx) : t]
            stream = self._stream(seen)
            last = stream[seen.shape[1] - 1 :: seen.shape[1], :]  # of each text
            logits = self._head(last) / temperature
            v = logits.shape[1]
            if top_k is not None and top_k < v:
                least = xp.sort(logits, axis=1)[:, v - top_k : v - top_k + 1]
                logits = xp.where(logits < least, -xp.inf, logits)
            weights = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))
            # in float64 uniform * total stays below the total; a float32 draw might round to 1
            cumulative = xp.cumulative_sum(xp.astype(weights, xp.float64), axis=1)
            drawn = xp.asarray(uniform((b, 1), rng), device=device(ids)) * cumulative[:, v - 1 :]
            text[:, t] = xp.sum(xp.astype(cumulative <= drawn, ids.dtype), axis=1)
        return text

    def _stream(self, ids):
        """What the layers make of ids (b, l): a row for each token, (b l, d), text after text."""
        xp = array_namespace(ids)
        b, length = ids.shape
        table, positions = self.weights["wte.weight"], self.weights["wpe.weight"][:length, :]
        tokens = xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (b, length, -1))
        x = xp.reshape(tokens + positions, (b * length, -1))
        places = xp.arange(length, device=device(ids))
        future = places > places[:, None]
        for i in range(self.layers):
            x = x + self._attention(self._norm(x, f"h.{i}.ln_1"), f"h.{i}.attn", future)
            hidden = gelu(self._linear(self._norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"))
            x = x + self._linear(hidden, f"h.{i}.mlp.c_proj")
        return x

    def _head(self, x):
        return self._norm(x, "ln_f") @ self.weights["wte.weight"].T

    def _linear(self, x, name):
        y = x @ self.weights[f"{name}.weight"]
        y += self.weights[f"{name}.bias"]
        return y

    def _norm(self, x, name):
        xp = array_namespace(x)
        centred = x - xp.mean(x, axis=-1, keepdims=True)
        centred /= xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + 1e-5)
        centred *= self.weights[f"{name}.weight"]
        centred += self.weights[f"{name}.bias"]
        return centred

    def _attention(self, x, name, future):
        """future (l, l): True where a place must not look."""
        xp = array_namespace(x)
        rows, d = x.shape
        length, w = future.shape[0], d // self.heads
        qkv = xp.reshape(self._linear(x, f"{name}.c_attn"), (-1, length, 3, self.heads, w))
        qkv = xp.permute_dims(qkv, (2, 0, 3, 1, 4))  # (3, b, heads, l, w)
        q, k, v = (qkv[part, ...] for part in range(3))
        scores = xp.where(future, -xp.inf, (q / math.sqrt(w)) @ xp.matrix_transpose(k))
        scores -= xp.max(scores, axis=-1, keepdims=True)
        weights = xp.exp(scores)
        mixed = (weights @ v) / xp.sum(weights, axis=-1, keepdims=True)  # w numbers a place to divide, not l
        return self._linear(xp.reshape(xp.permute_dims(mixed, (0, 2, 1, 3)), (rows, d)), f"{name}.c_proj")


def gelu(x):
    """x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2."""
    gate = x * x
    gate *= 0.044715
    gate += 1
    gate *= x
    gate = array_namespace(x).tanh(math.sqrt(2 / math.pi) * gate)
    gate += 1
    gate *= x
    gate *= 0.5
    return gate


def normal(n, rng):
    """n standard normal numbers, float32, of numpy's, cupy's or torch's generator."""
    if hasattr(rng, "standard_normal"):
        return rng.standard_normal(n, dtype="float32")
    import torch

    return torch.randn(n, generator=rng, dtype=torch.float32, device=rng.device)


def uniform(shape, rng):
    """float64 in [0, 1), of the same generators."""
    if hasattr(rng, "random"):
        return rng.random(shape)
    import torch

    return torch.rand(shape, generator=rng, dtype=torch.float64, device=rng.device)
