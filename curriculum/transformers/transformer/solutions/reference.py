"""The complete transformer in NumPy, pre-norm, one head after another; each operation hands back its result and its backward."""

import math

import numpy as np

PAD, BOS, EOS = 0, 1, 2


def n_params(src_vocab, tgt_vocab, d, ff, layers, tied=True):
    attention = (3 * d * d + 3 * d) + (d * d + d)
    network = (ff * d + ff) + (d * ff + d)
    encoder_layer = attention + network + 2 * 2 * d
    decoder_layer = 2 * attention + network + 3 * 2 * d
    tables = tgt_vocab * d if tied else (src_vocab + 2 * tgt_vocab) * d
    return tables + layers * (encoder_layer + decoder_layer) + 2 * 2 * d


class Transformer:
    def __init__(self, src_vocab, tgt_vocab, d, heads, ff, layers, rng, tied=True):
        if tied and src_vocab != tgt_vocab:
            raise ValueError(f"one table for vocabularies of {src_vocab} and {tgt_vocab}")
        self.heads, self.layers = heads, layers
        tables = {"embedding": tgt_vocab}
        if not tied:
            tables = {"src_embedding": src_vocab, "tgt_embedding": tgt_vocab, "head": tgt_vocab}
        matrices = {"linear1.weight": (ff, d), "linear2.weight": (d, ff)}
        vectors = {"linear1.bias": ff, "linear2.bias": d}
        weights = {f"{name}.weight": rng.standard_normal((v, d)) / math.sqrt(d) for name, v in tables.items()}
        for side, attentions in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "multihead_attn"])):
            for i in range(layers):
                block = f"{side}.layers.{i}."
                for name in attentions:
                    weights[f"{block}{name}.in_proj_weight"] = glorot(rng, 3 * d, d)
                    weights[f"{block}{name}.in_proj_bias"] = np.zeros(3 * d)
                    weights[f"{block}{name}.out_proj.weight"] = glorot(rng, d, d)
                    weights[f"{block}{name}.out_proj.bias"] = np.zeros(d)
                weights |= {block + name: glorot(rng, *shape) for name, shape in matrices.items()}
                weights |= {block + name: np.zeros(n) for name, n in vectors.items()}
                for n in range(1, len(attentions) + 2):
                    weights |= {f"{block}norm{n}.weight": np.ones(d), f"{block}norm{n}.bias": np.zeros(d)}
            weights |= {f"{side}.norm.weight": np.ones(d), f"{side}.norm.bias": np.zeros(d)}
        self.weights = {name: array.astype(np.float32) for name, array in weights.items()}

    def state(self):
        return self.weights

    def load(self, state):
        self.weights = dict(state)

    def forward(self, src, tgt):
        return self._run(src, tgt)[0]

    def loss(self, src, tgt):
        logits, targets = self.forward(src, tgt[:, :-1]), tgt[:, 1:]
        terms = -np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)[..., 0]
        return terms[targets != PAD].mean()

    def gradients(self, src, tgt):
        logits, back = self._run(src, tgt[:, :-1])
        targets = tgt[:, 1:]
        right = np.arange(logits.shape[-1]) == targets[..., None]
        counted = (targets != PAD)[..., None]
        dlogits = (np.exp(log_softmax(logits)) - right) * counted / counted.sum().astype(logits.dtype)
        grads = {name: np.zeros_like(array) for name, array in self.weights.items()}
        back(dlogits, grads)
        return grads

    def greedy(self, src, bos, eos, max_len):
        written = np.full((len(src), 1), bos)
        done = np.zeros(len(src), bool)
        for _ in range(max_len):
            token = self.forward(src, written)[:, -1].argmax(axis=-1)
            token = np.where(done, PAD, token)
            done = done | (token == eos)
            written = np.concatenate([written, token[:, None]], axis=1)
        return written[:, 1:]

    def _run(self, src, tgt):
        """Logits, and a function that carries their gradient back into a dict of gradients."""
        memory, back_encoder = self._encode(src)
        x, back_decoder = self._decode(tgt, memory, (src == PAD)[:, None, :])
        head = self._table("head")
        table = self.weights[head]

        def back(dlogits, grads):
            grads[head] += rows(dlogits).T @ rows(x)
            back_encoder(back_decoder(dlogits @ table, grads), grads)

        return x @ table.T, back

    def _encode(self, src):
        w, padding = self.weights, (src == PAD)[:, None, :]
        x, back = self._embed(src, "src_embedding")
        backs = [back]
        for i in range(self.layers):
            block = f"encoder.layers.{i}."
            for norm, sublayer in (
                ("norm1", lambda y, block=block: attend(y, y, w, block + "self_attn.", self.heads, padding)),
                ("norm2", lambda y, block=block: network(y, w, block)),
            ):
                y, back_norm = layer_norm(x, w, block + norm)
                change, back_sublayer = sublayer(y)
                x = x + change
                backs.append(skip(back_norm, back_sublayer))
        x, back_norm = layer_norm(x, w, "encoder.norm")

        def back(dmemory, grads):
            dx = back_norm(dmemory, grads)
            for step in reversed(backs):
                dx = step(dx, grads)

        return x, back

    def _decode(self, tgt, memory, padding):
        w, length = self.weights, tgt.shape[1]
        future = np.triu(np.ones((length, length), bool), 1)
        dmemory = np.zeros_like(memory)
        x, back = self._embed(tgt, "tgt_embedding")
        backs = [back]

        def look_up(y, name):
            change, back = attend(y, memory, w, name, self.heads, padding)

            def back_and_collect(dy, grads):
                nonlocal dmemory
                dquery, dsource = back(dy, grads)
                dmemory = dmemory + dsource
                return dquery

            return change, back_and_collect

        for i in range(self.layers):
            block = f"decoder.layers.{i}."
            for norm, sublayer in (
                ("norm1", lambda y, block=block: attend(y, y, w, block + "self_attn.", self.heads, future)),
                ("norm2", lambda y, block=block: look_up(y, block + "multihead_attn.")),
                ("norm3", lambda y, block=block: network(y, w, block)),
            ):
                y, back_norm = layer_norm(x, w, block + norm)
                change, back_sublayer = sublayer(y)
                x = x + change
                backs.append(skip(back_norm, back_sublayer))
        x, back_norm = layer_norm(x, w, "decoder.norm")

        def back(dx, grads):
            dx = back_norm(dx, grads)
            for step in reversed(backs):
                dx = step(dx, grads)
            return dmemory

        return x, back

    def _table(self, use):
        """The table for this use: a tied model has only one."""
        return "embedding.weight" if "embedding.weight" in self.weights else f"{use}.weight"

    def _embed(self, ids, use):
        name = self._table(use)
        table = self.weights[name]
        scale = math.sqrt(table.shape[1])

        def back(dx, grads):
            np.add.at(grads[name], ids, scale * dx)

        return scale * table[ids] + positions(ids.shape[1], table.shape[1]).astype(table.dtype), back


def glorot(rng, n, m):
    bound = math.sqrt(6 / (n + m))
    return rng.uniform(-bound, bound, (n, m))


def positions(length, d):
    """Sines in the even columns, cosines in the odd ones."""
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    table = np.empty((length, d))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : d // 2])
    return table


def rows(x):
    return x.reshape(-1, x.shape[-1])


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def skip(back_norm, back_sublayer):
    """Backward of x + sublayer(norm(x)); self-attention gives two gradients for the one y that asks and answers."""

    def back(dx, grads):
        dy = back_sublayer(dx, grads)
        return dx + back_norm(sum(dy) if isinstance(dy, tuple) else dy, grads)

    return back


def layer_norm(x, w, name):
    weight, bias = w[f"{name}.weight"], w[f"{name}.bias"]
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    unit = centred / deviation

    def back(dy, grads):
        grads[f"{name}.weight"] += rows(dy * unit).sum(axis=0)
        grads[f"{name}.bias"] += rows(dy).sum(axis=0)
        dunit = dy * weight
        along = unit * (dunit * unit).mean(axis=-1, keepdims=True)
        return (dunit - dunit.mean(axis=-1, keepdims=True) - along) / deviation

    return unit * weight + bias, back


def linear(x, w, weight, bias, part=slice(None)):
    """x W^T + b with some rows of W and b."""

    def back(dy, grads):
        grads[weight][part] += rows(dy).T @ rows(x)
        grads[bias][part] += rows(dy).sum(axis=0)
        return dy @ w[weight][part]

    return x @ w[weight][part].T + w[bias][part], back


def network(x, w, block):
    hidden, back1 = linear(x, w, block + "linear1.weight", block + "linear1.bias")
    y, back2 = linear(np.maximum(hidden, 0), w, block + "linear2.weight", block + "linear2.bias")

    def back(dy, grads):
        return back1(back2(dy, grads) * (hidden > 0), grads)

    return y, back


def attend(x, source, w, name, heads, hidden):
    """Queries from x (b, t, d), keys and values from source (b, s, d); back gives the gradients of both."""
    d = x.shape[-1]
    width, project = d // heads, (w, name + "in_proj_weight", name + "in_proj_bias")
    q, back_q = linear(x, *project, slice(0, d))
    k, back_k = linear(source, *project, slice(d, 2 * d))
    v, back_v = linear(source, *project, slice(2 * d, 3 * d))
    mixed, weights = np.empty_like(q), []
    heads = [slice(h * width, (h + 1) * width) for h in range(heads)]
    for own in heads:
        scores = q[..., own] @ k[..., own].swapaxes(-1, -2) / math.sqrt(width)
        terms = np.exp(log_softmax(np.where(hidden, -np.inf, scores)))
        mixed[..., own] = terms @ v[..., own]
        weights.append(terms)
    y, back_out = linear(mixed, w, name + "out_proj.weight", name + "out_proj.bias")

    def back(dy, grads):
        dmixed = back_out(dy, grads)
        dq, dk, dv = np.empty_like(q), np.empty_like(k), np.empty_like(v)
        for own, terms in zip(heads, weights, strict=True):
            dterms = dmixed[..., own] @ v[..., own].swapaxes(-1, -2)
            dscores = terms * (dterms - (terms * dterms).sum(axis=-1, keepdims=True)) / math.sqrt(width)
            dq[..., own] = dscores @ k[..., own]
            dk[..., own] = dscores.swapaxes(-1, -2) @ q[..., own]
            dv[..., own] = terms.swapaxes(-1, -2) @ dmixed[..., own]
        return back_q(dq, grads), back_k(dk, grads) + back_v(dv, grads)

    return y, back


def train_copy(src, vocab, seed, steps):
    """Adam on batches of 32, rate falling to 0 in a line."""
    rng = np.random.default_rng(seed)
    model = Transformer(vocab, vocab, 32, 2, 64, 1, rng)
    ends = np.full((len(src), 1), BOS), np.full((len(src), 1), EOS)
    tgt = np.concatenate([ends[0], src, ends[1]], axis=1)
    first = {name: np.zeros_like(array) for name, array in model.state().items()}
    second = {name: np.zeros_like(array) for name, array in model.state().items()}
    for step in range(steps):
        batch = rng.integers(0, len(src), 32)
        grads, state = model.gradients(src[batch], tgt[batch]), {}
        for name, array in model.state().items():
            first[name] = 0.9 * first[name] + 0.1 * grads[name]
            second[name] = 0.98 * second[name] + 0.02 * grads[name] ** 2
            mean = first[name] / (1 - 0.9 ** (step + 1))
            square = second[name] / (1 - 0.98 ** (step + 1))
            state[name] = array - 0.01 * (1 - step / steps) * mean / (np.sqrt(square) + 1e-8)
        model.load(state)
    return model
