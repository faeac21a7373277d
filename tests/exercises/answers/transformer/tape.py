"""A tape of array operations does the backward; einsum with heads as an axis; weights of the model are variables in a flat dict."""

import math

import numpy as np


class Var:
    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, None

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            for parent, pull in node.parents:
                change = unbroadcast(pull(node.grad), parent.data.shape)
                parent.grad = change if parent.grad is None else parent.grad + change


def unbroadcast(grad, shape):
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1 and grad.shape[i] != 1), keepdims=True)


def add(a, b):
    return Var(a.data + b.data, ((a, lambda g: g), (b, lambda g: g)))


def mul(a, b):
    return Var(a.data * b.data, ((a, lambda g: g * b.data), (b, lambda g: g * a.data)))


def einsum(formula, a, b):
    ins, out = formula.split("->")
    left, right = ins.split(",")
    return Var(
        np.einsum(formula, a.data, b.data, optimize=True),
        (
            (a, lambda g: np.einsum(f"{out},{right}->{left}", g, b.data, optimize=True)),
            (b, lambda g: np.einsum(f"{out},{left}->{right}", g, a.data, optimize=True)),
        ),
    )


def relu(a):
    return Var(
        np.where(a.data > 0, a.data, 0).astype(a.data.dtype), ((a, lambda g: g * np.sign(np.maximum(a.data, 0))),)
    )


def take(a, index):
    def pull(g):
        out = np.zeros_like(a.data)
        np.add.at(out, index, g)
        return out

    return Var(a.data[index], ((a, pull),))


def reshape(a, *shape):
    return Var(a.data.reshape(shape), ((a, lambda g: g.reshape(a.data.shape)),))


def softmax(a, seen):
    s = np.where(seen, a.data, -np.inf)
    p = np.exp(s - s.max(-1, keepdims=True))
    p = p / p.sum(-1, keepdims=True)
    return Var(p, ((a, lambda g: p * (g - np.sum(g * p, -1, keepdims=True))),))


def standardize(a):
    n = a.data.shape[-1]
    sd = np.sqrt(a.data.var(-1, keepdims=True) + a.data.dtype.type(1e-5))
    z = (a.data - a.data.mean(-1, keepdims=True)) / sd

    def pull(g):
        return (n * g - g.sum(-1, keepdims=True) - z * (g * z).sum(-1, keepdims=True)) / (n * sd)

    return Var(z, ((a, pull),))


def n_params(src_vocab, tgt_vocab, d, ff, layers, tied=True):
    def affine(n, m):
        return n * m + m

    block = affine(d, 3 * d) + affine(d, d)
    mlp = affine(d, ff) + affine(ff, d)
    total = (block + mlp + 4 * d + 2 * block + mlp + 6 * d) * layers + 4 * d
    return total + (src_vocab * d if tied else src_vocab * d + tgt_vocab * d * 2)


class Transformer:
    def __init__(self, src_vocab, tgt_vocab, d, heads, ff, layers, rng, tied=True):
        if tied and src_vocab != tgt_vocab:
            raise ValueError("one table needs one vocabulary")
        self.heads = heads
        p = {}

        def glorot(name, n, m):
            p[name] = rng.uniform(-1, 1, (n, m)) * (6 / (n + m)) ** 0.5

        def norm(name):
            p[name + ".weight"], p[name + ".bias"] = np.ones(d), np.zeros(d)

        for name, v in (
            [("embedding", src_vocab)]
            if tied
            else [("src_embedding", src_vocab), ("tgt_embedding", tgt_vocab), ("head", tgt_vocab)]
        ):
            p[name + ".weight"] = rng.normal(0, d**-0.5, (v, d))
        for side in ("encoder", "decoder"):
            for i in range(layers):
                at = f"{side}.layers.{i}."
                for which in ("self_attn", "multihead_attn")[: 1 + (side == "decoder")]:
                    glorot(f"{at}{which}.in_proj_weight", 3 * d, d)
                    glorot(f"{at}{which}.out_proj.weight", d, d)
                    p[f"{at}{which}.in_proj_bias"], p[f"{at}{which}.out_proj.bias"] = np.zeros(3 * d), np.zeros(d)
                glorot(at + "linear1.weight", ff, d)
                glorot(at + "linear2.weight", d, ff)
                p[at + "linear1.bias"], p[at + "linear2.bias"] = np.zeros(ff), np.zeros(d)
                for k in range(2 + (side == "decoder")):
                    norm(f"{at}norm{k + 1}")
            norm(side + ".norm")
        self.load({name: array.astype("float32") for name, array in p.items()})

    def state(self):
        return {name: var.data for name, var in self.v.items()}

    def load(self, state):
        self.v = {name: Var(array) for name, array in state.items()}
        self.layers = sum(name.startswith("decoder.") and name.endswith("norm3.bias") for name in state)

    def constant(self, x):
        return Var(np.asarray(x, self.v["encoder.norm.bias"].data.dtype))

    def embed(self, ids, name):
        table = self.v.get("embedding.weight") or self.v[name]
        d = table.data.shape[1]
        wave = np.arange(ids.shape[1])[:, None] * 10000.0 ** (-(np.arange(d) // 2 * 2) / d)
        wave = np.sin(wave + np.pi / 2 * (np.arange(d) % 2))
        return add(mul(take(table, ids), self.constant(d**0.5)), self.constant(wave))

    def affine(self, x, name, joint="."):
        return add(einsum("btd,ed->bte", x, self.v[f"{name}{joint}weight"]), self.v[f"{name}{joint}bias"])

    def norm(self, x, name):
        return add(mul(standardize(x), self.v[name + ".weight"]), self.v[name + ".bias"])

    def attend(self, x, source, name, seen):
        b, t, d = x.data.shape
        h, w = self.heads, d // self.heads

        def project(y, i):
            rows = slice(i * d, (i + 1) * d)
            weight, bias = take(self.v[name + ".in_proj_weight"], rows), take(self.v[name + ".in_proj_bias"], rows)
            return reshape(add(einsum("btd,ed->bte", y, weight), bias), b, y.data.shape[1], h, w)

        q, k, v = project(x, 0), project(source, 1), project(source, 2)
        scores = mul(einsum("bqhw,bkhw->bhqk", q, k), self.constant(w**-0.5))
        mixed = einsum("bhqk,bkhw->bqhw", softmax(scores, seen), v)
        return self.affine(reshape(mixed, b, t, d), name + ".out_proj")

    def mlp(self, x, at):
        return self.affine(relu(self.affine(x, at + "linear1")), at + "linear2")

    def run(self, src, tgt):
        words = (src != 0)[:, None, None]
        x = self.embed(src, "src_embedding.weight")
        for i in range(self.layers):
            at = f"encoder.layers.{i}."
            y = self.norm(x, at + "norm1")
            x = add(x, self.attend(y, y, at + "self_attn", words))
            x = add(x, self.mlp(self.norm(x, at + "norm2"), at))
        memory = self.norm(x, "encoder.norm")
        past = np.tri(tgt.shape[1], dtype=bool)
        x = self.embed(tgt, "tgt_embedding.weight")
        for i in range(self.layers):
            at = f"decoder.layers.{i}."
            y = self.norm(x, at + "norm1")
            x = add(x, self.attend(y, y, at + "self_attn", past))
            x = add(x, self.attend(self.norm(x, at + "norm2"), memory, at + "multihead_attn", words))
            x = add(x, self.mlp(self.norm(x, at + "norm3"), at))
        table = self.v.get("embedding.weight") or self.v["head.weight"]
        return einsum("btd,vd->btv", self.norm(x, "decoder.norm"), table)

    def forward(self, src, tgt):
        return self.run(src, tgt).data

    def cost(self, src, tgt):
        logits, goal = self.run(src, tgt[:, :-1]), tgt[:, 1:]
        row, place = np.nonzero(goal)
        z = logits.data[row, place]
        top = z.max(-1, keepdims=True)
        logp = z - top - np.log(np.exp(z - top).sum(-1, keepdims=True))
        goal, each = goal[row, place], np.arange(len(row))

        def pull(g):
            out = np.zeros_like(logits.data)
            out[row, place] = np.exp(logp)
            out[row, place, goal] -= 1
            return g * out / out.dtype.type(len(row))

        return Var(-logp[each, goal].mean(), ((logits, pull),))

    def loss(self, src, tgt):
        return self.cost(src, tgt).data

    def gradients(self, src, tgt):
        for var in self.v.values():
            var.grad = None
        self.cost(src, tgt).backward()
        return {name: var.grad for name, var in self.v.items()}

    def greedy(self, src, bos, eos, max_len):
        out = np.zeros((len(src), max_len), np.int64)
        for row, text in enumerate(src):
            prefix = [bos]
            while len(prefix) <= max_len and (len(prefix) == 1 or prefix[-1] != eos):
                prefix.append(int(np.argmax(self.forward(text[None], np.array([prefix]))[0, -1])))
            out[row, : len(prefix) - 1] = prefix[1:]
        return out


def train_copy(src, vocab, seed, steps):
    rng = np.random.default_rng(seed)
    model = Transformer(vocab, vocab, d=32, heads=2, ff=64, layers=1, rng=rng)
    tgt = np.pad(src, ((0, 0), (1, 1)), constant_values=((0, 0), (1, 2)))
    m = dict.fromkeys(model.state(), 0)
    v = dict(m)
    for t in range(1, steps + 1):
        rows = rng.choice(len(src), BATCH, replace=False)
        grads, state = model.gradients(src[rows], tgt[rows]), model.state()
        rate = RATE * (1 - (t - 1) / steps) * math.sqrt(1 - 0.98**t) / (1 - 0.9**t)
        for name, g in grads.items():
            m[name] = m[name] + 0.1 * (g - m[name])
            v[name] = v[name] + 0.02 * (g * g - v[name])
            state[name] = (state[name] - rate * m[name] / (np.sqrt(v[name]) + 1e-8)).astype("float32")
        model.load(state)
    return model


BATCH, RATE = 32, 0.01
