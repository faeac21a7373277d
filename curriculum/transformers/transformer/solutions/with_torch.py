"""The transformer on torch tensors: all heads at once, gradients by autograd, one encoding a text in greedy()."""

import math

import torch

PAD, BOS, EOS = 0, 1, 2


def n_params(src_vocab, tgt_vocab, d, ff, layers, tied=True):
    tables = tgt_vocab if tied else src_vocab + 2 * tgt_vocab
    return tables * d + layers * (12 * d * d + 24 * d + 4 * d * ff + 2 * ff) + 4 * d


class Transformer:
    def __init__(self, src_vocab, tgt_vocab, d, heads, ff, layers, rng, tied=True):
        if tied and src_vocab != tgt_vocab:
            raise ValueError(f"one table for vocabularies of {src_vocab} and {tgt_vocab}")
        self.heads, self.layers = heads, layers
        tables = {"embedding": tgt_vocab}
        if not tied:
            tables = {"src_embedding": src_vocab, "tgt_embedding": tgt_vocab, "head": tgt_vocab}

        def matrix(n, m):
            return (2 * torch.rand(n, m, generator=rng, device=rng.device) - 1) * math.sqrt(6 / (n + m))

        def vector(n, value=0.0):
            return torch.full((n,), value, device=rng.device)

        w = {
            f"{name}.weight": torch.randn(v, d, generator=rng, device=rng.device) / math.sqrt(d)
            for name, v in tables.items()
        }
        for side, attentions in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "multihead_attn"])):
            norms = [f"{side}.norm"]
            for i in range(layers):
                block = f"{side}.layers.{i}."
                for name in attentions:
                    w |= {
                        f"{block}{name}.in_proj_weight": matrix(3 * d, d),
                        f"{block}{name}.in_proj_bias": vector(3 * d),
                    }
                    w |= {f"{block}{name}.out_proj.weight": matrix(d, d), f"{block}{name}.out_proj.bias": vector(d)}
                w |= {f"{block}linear1.weight": matrix(ff, d), f"{block}linear1.bias": vector(ff)}
                w |= {f"{block}linear2.weight": matrix(d, ff), f"{block}linear2.bias": vector(d)}
                norms += [f"{block}norm{n + 1}" for n in range(len(attentions) + 1)]
            for name in norms:
                w |= {f"{name}.weight": vector(d, 1.0), f"{name}.bias": vector(d)}
        self.weights = w

    def state(self):
        return self.weights

    def load(self, state):
        self.weights = dict(state)

    def forward(self, src, tgt):
        return self._decode(tgt, self._encode(src), src)

    def loss(self, src, tgt):
        logits, targets = self.forward(src, tgt[:, :-1]), tgt[:, 1:]
        chosen = logits.log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
        return -chosen[targets != PAD].mean()

    def gradients(self, src, tgt):
        kept = self.weights
        self.weights = {name: array.detach().clone().requires_grad_() for name, array in kept.items()}
        grads = torch.autograd.grad(self.loss(src, tgt), list(self.weights.values()))
        self.weights = kept
        return dict(zip(kept, grads, strict=True))

    def greedy(self, src, bos, eos, max_len):
        memory = self._encode(src)
        written = src.new_full((len(src), 1), bos)
        done = torch.zeros(len(src), dtype=torch.bool, device=src.device)
        for _ in range(max_len):
            token = self._decode(written, memory, src)[:, -1].argmax(dim=-1).masked_fill(done, PAD)
            done = done | (token == eos)
            written = torch.cat([written, token[:, None]], dim=1)
        return written[:, 1:]

    def _encode(self, src):
        padding = (src == PAD)[:, None, None, :]
        x = self._embed(src, "src_embedding")
        for i in range(self.layers):
            block = f"encoder.layers.{i}."
            y = self._norm(x, block + "norm1")
            x = x + self._attend(y, y, block + "self_attn.", padding)
            x = x + self._network(self._norm(x, block + "norm2"), block)
        return self._norm(x, "encoder.norm")

    def _decode(self, tgt, memory, src):
        padding = (src == PAD)[:, None, None, :]
        future = torch.ones(tgt.shape[1], tgt.shape[1], dtype=torch.bool, device=tgt.device).triu(1)
        x = self._embed(tgt, "tgt_embedding")
        for i in range(self.layers):
            block = f"decoder.layers.{i}."
            y = self._norm(x, block + "norm1")
            x = x + self._attend(y, y, block + "self_attn.", future)
            x = x + self._attend(self._norm(x, block + "norm2"), memory, block + "multihead_attn.", padding)
            x = x + self._network(self._norm(x, block + "norm3"), block)
        return self._norm(x, "decoder.norm") @ self._table("head").mT

    def _table(self, use):
        return self.weights["embedding.weight" if "embedding.weight" in self.weights else f"{use}.weight"]

    def _embed(self, ids, use):
        table = self._table(use)
        d = table.shape[1]
        exponents = torch.arange(0, d, 2, dtype=torch.float64, device=ids.device) / d
        places = torch.arange(ids.shape[1], dtype=torch.float64, device=ids.device)
        angles = places[:, None] / 10000**exponents
        positions = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :d]
        return math.sqrt(d) * table[ids] + positions.to(table.dtype)

    def _linear(self, x, weight, bias, part=slice(None)):
        return torch.nn.functional.linear(x, self.weights[weight][part], self.weights[bias][part])

    def _norm(self, x, name):
        centred = x - x.mean(dim=-1, keepdim=True)
        unit = centred * (centred.square().mean(dim=-1, keepdim=True) + 1e-5).rsqrt()
        return unit * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _network(self, x, block):
        hidden = self._linear(x, block + "linear1.weight", block + "linear1.bias").relu()
        return self._linear(hidden, block + "linear2.weight", block + "linear2.bias")

    def _attend(self, x, source, name, hidden):
        (b, t, d), width = x.shape, x.shape[2] // self.heads
        project = name + "in_proj_weight", name + "in_proj_bias"
        q = self._linear(x, *project, slice(0, d)).view(b, t, self.heads, width).transpose(1, 2)
        kv = self._linear(source, *project, slice(d, 3 * d)).view(b, source.shape[1], 2, self.heads, width)
        k, v = kv.permute(2, 0, 3, 1, 4)
        scores = (q / math.sqrt(width)) @ k.mT
        scores = scores.masked_fill(hidden, -torch.inf)
        weights = (scores - scores.amax(dim=-1, keepdim=True)).exp()
        mixed = (weights @ v) / weights.sum(dim=-1, keepdim=True)
        return self._linear(mixed.transpose(1, 2).flatten(2), name + "out_proj.weight", name + "out_proj.bias")


def train_copy(src, vocab, seed, steps):
    """Adam on batches of 32, rate falling to 0 in a line."""
    rng = torch.Generator(src.device).manual_seed(seed)
    model = Transformer(vocab, vocab, 32, 2, 64, 1, rng)
    tgt = torch.nn.functional.pad(torch.nn.functional.pad(src, (1, 0), value=BOS), (0, 1), value=EOS)
    weights = list(model.state().values())
    optimizer = torch.optim.Adam(weights, betas=(0.9, 0.98))
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.01 * (1 - step / steps)
        batch = torch.randint(0, len(src), (32,), generator=rng, device=src.device)
        grads = model.gradients(src[batch], tgt[batch])
        for name, weight in model.state().items():
            weight.grad = grads[name]
        optimizer.step()
    return model
