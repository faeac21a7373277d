"""GPT-2 on torch tensors, all heads at once."""

import torch
from torch.nn import functional


def n_params(vocab, ctx, d, layers):
    attention = (3 * d * d + 3 * d) + (d * d + d)
    mlp = (4 * d * d + 4 * d) + (4 * d * d + d)
    norms = 2 * 2 * d
    return vocab * d + ctx * d + layers * (attention + mlp + norms) + 2 * d


class GPT:
    def __init__(self, vocab, ctx, d, heads, layers, rng):
        self.ctx, self.heads, self.layers = ctx, heads, layers

        def normal(*shape, std=0.02):
            return std * torch.randn(shape, generator=rng, device=rng.device)

        def zeros(n):
            return torch.zeros(n, device=rng.device)

        residual = 0.02 / (2 * layers) ** 0.5  # each of 2 layers branches adds its variance to the stream
        self.weights = {"wte.weight": normal(vocab, d), "wpe.weight": normal(ctx, d)}
        for i in range(layers):
            block = {
                "ln_1.weight": 1 + zeros(d), "ln_1.bias": zeros(d),
                "attn.c_attn.weight": normal(d, 3 * d), "attn.c_attn.bias": zeros(3 * d),
                "attn.c_proj.weight": normal(d, d, std=residual), "attn.c_proj.bias": zeros(d),
                "ln_2.weight": 1 + zeros(d), "ln_2.bias": zeros(d),
                "mlp.c_fc.weight": normal(d, 4 * d), "mlp.c_fc.bias": zeros(4 * d),
                "mlp.c_proj.weight": normal(4 * d, d, std=residual), "mlp.c_proj.bias": zeros(d),
            }  # fmt: skip
            self.weights |= {f"h.{i}.{name}": array for name, array in block.items()}
        self.weights |= {"ln_f.weight": 1 + zeros(d), "ln_f.bias": zeros(d)}

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
            hidden = functional.gelu(self._linear(self._norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), approximate="tanh")
            x = x + self._linear(hidden, f"h.{i}.mlp.c_proj")
        return self._norm(x, "ln_f") @ self.weights["wte.weight"].T

    def loss(self, ids):
        logits, targets = self.forward(ids)[:, :-1], ids[:, 1:]
        logits = logits - logits.amax(dim=-1, keepdim=True)
        logp = logits - logits.exp().sum(dim=-1, keepdim=True).log()
        return -logp.gather(-1, targets[..., None]).mean()

    def generate(self, ids, n, rng, temperature=1.0, top_k=None):
        for _ in range(n):
            logits = self.forward(ids[:, -self.ctx :])[:, -1] / temperature
            if top_k is not None and top_k < logits.shape[-1]:
                least = logits.topk(top_k).values[:, -1:]
                logits = logits.masked_fill(logits < least, -torch.inf)
            weights = (logits - logits.amax(dim=-1, keepdim=True)).exp()
            ids = torch.cat([ids, torch.multinomial(weights, 1, generator=rng)], dim=1)
        return ids

    def _linear(self, x, name):
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return torch.addmm(bias, x.reshape(-1, x.shape[-1]), weight).reshape(*x.shape[:-1], len(bias))

    def _norm(self, x, name):
        centred = x - x.mean(dim=-1, keepdim=True)
        scale = (centred.square().mean(dim=-1, keepdim=True) + 1e-5).rsqrt_()
        return centred.mul_(scale).mul_(self.weights[f"{name}.weight"]).add_(self.weights[f"{name}.bias"])

    def _attention(self, x, name):
        b, length, d = x.shape
        q, k, v = (
            self._linear(x, f"{name}.c_attn").reshape(b, length, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        )
        scores = q @ (k.transpose(-1, -2) / (d // self.heads) ** 0.5)
        future = torch.ones(length, length, dtype=torch.bool, device=x.device).triu_(1)
        scores.masked_fill_(future, -torch.inf)
        weights = (scores - scores.amax(dim=-1, keepdim=True)).exp_()
        mixed = (weights / weights.sum(dim=-1, keepdim=True)) @ v
        return self._linear(mixed.transpose(1, 2).reshape(b, length, d), f"{name}.c_proj")
