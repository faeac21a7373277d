"""The transformer in the array API's functions: one file for numpy, torch and CuPy.

Unlike the reference, all heads of a batch are one product, and so is the gradient of a table: a scatter-add, which the
standard lacks, is a product with the one-hot matrix of the tokens. greedy() reads a source once. Adam sees the model
as one vector, cut into the state's arrays after each step. No step waits for the device.
"""

import math

from array_api_compat import array_namespace, device

PAD, BOS, EOS = 0, 1, 2


def n_params(src_vocab, tgt_vocab, d, ff, layers, tied=True):
    attention, network, norm = 4 * d * (d + 1), 2 * d * ff + ff + d, 2 * d
    tables = tgt_vocab if tied else src_vocab + 2 * tgt_vocab
    return tables * d + layers * (3 * attention + 2 * network + 5 * norm) + 2 * norm


class Transformer:
    def __init__(self, src_vocab, tgt_vocab, d, heads, ff, layers, rng, tied=True):
        if tied and src_vocab != tgt_vocab:
            raise ValueError(f"one table for vocabularies of {src_vocab} and {tgt_vocab}")
        self.heads, self.layers = heads, layers
        tables = {"embedding.weight": (tgt_vocab, d)}
        if not tied:
            vocabularies = {"src_embedding": src_vocab, "tgt_embedding": tgt_vocab, "head": tgt_vocab}
            tables = {f"{name}.weight": (v, d) for name, v in vocabularies.items()}
        matrices, norms = {}, {"encoder.norm.": (d,), "decoder.norm.": (d,)}
        for side, attentions in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "multihead_attn"))):
            for i in range(layers):
                block = f"{side}.layers.{i}."
                for name in attentions:
                    matrices |= {f"{block}{name}.in_proj_": (3 * d, d), f"{block}{name}.out_proj.": (d, d)}
                matrices |= {f"{block}linear1.": (ff, d), f"{block}linear2.": (d, ff)}
                norms |= {f"{block}norm{n + 1}.": (d,) for n in range(len(attentions) + 1)}

        self.weights = cut(normal(rng, total(tables)) / math.sqrt(d), tables)
        draws = 2 * uniform(rng, total(matrices)) - 1
        for name, matrix in cut(draws, matrices).items():
            self.weights[f"{name}weight"] = math.sqrt(6 / sum(matrix.shape)) * matrix
        ones = {f"{name}weight": shape for name, shape in norms.items()}
        zeros = {f"{name}bias": shape[:1] for name, shape in (matrices | norms).items()}
        xp, like = array_namespace(draws), {"dtype": draws.dtype, "device": device(draws)}
        self.weights |= cut(xp.ones(total(ones), **like), ones) | cut(xp.zeros(total(zeros), **like), zeros)

    def state(self):
        return self.weights

    def load(self, state):
        self.weights = dict(state)

    def forward(self, src, tgt):
        return self._run(src, tgt)[0]

    def loss(self, src, tgt):
        logits, targets = self.forward(src, tgt[:, :-1]), tgt[:, 1:]
        xp = array_namespace(logits)
        logp = xp.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)
        return -xp.sum(shares(targets, logits.dtype) * logp)

    def gradients(self, src, tgt):
        logits, back = self._run(src, tgt[:, :-1])
        xp, targets = array_namespace(logits), tgt[:, 1:]
        right = one_hot(targets, logits.shape[-1], logits.dtype)
        return back((xp.exp(log_softmax(logits)) - right) * shares(targets, logits.dtype))

    def greedy(self, src, bos, eos, max_len):
        xp, memory = array_namespace(src), self._encode(src)[0]
        written = xp.zeros((src.shape[0], 1 + max_len), dtype=src.dtype, device=device(src))
        written[:, 0] = bos
        done = xp.zeros(src.shape[0], dtype=xp.bool, device=device(src))
        for place in range(1, max_len + 1):
            x = self._decode(written[:, :place], memory, src)[0][:, -1, :]
            token = xp.where(done, PAD, xp.argmax(x @ self.weights[self._table("head")].T, axis=-1))
            done = done | (token == eos)
            written[:, place] = token
        return written[:, 1:]

    def _run(self, src, tgt):
        """Logits, and a function from their gradient to those of the state."""
        memory, back_encoder = self._encode(src)
        x, back_decoder = self._decode(tgt, memory, src)
        head = self._table("head")
        logits, back_head = linear(x, self.weights[head])

        def back(dlogits):
            dx, dhead = back_head(dlogits)
            grads = {head: dhead}
            back_encoder(back_decoder(dx, grads), grads)
            return grads

        return logits, back

    def _encode(self, src):
        x, back_embed = self._embed(src, "src_embedding")
        y, back_stack = self._stack(x, "encoder", (self._among_themselves(padding(src)), self._network))
        return y, lambda dy, grads: back_embed(back_stack(dy, grads), grads)

    def _decode(self, tgt, memory, src):
        """The last norm's result; back returns the gradient of the memory."""
        xp = array_namespace(memory)
        places = xp.arange(tgt.shape[1], device=device(tgt))
        dmemory = []  # a share of each layer

        def look_up(y, block):
            change, back = attend(y, memory, self.weights, f"{block}multihead_attn.", self.heads, padding(src))

            def back_to_query(dy, grads):
                dquery, dsource = back(dy, grads)
                dmemory.append(dsource)
                return dquery

            return change, back_to_query

        x, back_embed = self._embed(tgt, "tgt_embedding")
        look_back = self._among_themselves(places > places[:, None])
        y, back_stack = self._stack(x, "decoder", (look_back, look_up, self._network))

        def back(dy, grads):
            back_embed(back_stack(dy, grads), grads)
            return sum(dmemory, xp.zeros_like(memory))

        return y, back

    def _stack(self, x, side, sublayers):
        """The pre-norm layers of a side and its last norm. A sublayer takes its input and the name of its layer."""
        backs = []
        for i in range(self.layers):
            block = f"{side}.layers.{i}."
            for n, sublayer in enumerate(sublayers):
                y, back_norm = layer_norm(x, self.weights, f"{block}norm{n + 1}.")
                change, back_sublayer = sublayer(y, block)
                x = x + change
                backs.append((back_norm, back_sublayer))
        y, back_last = layer_norm(x, self.weights, f"{side}.norm.")

        def back(dy, grads):
            dx = back_last(dy, grads)
            for back_norm, back_sublayer in reversed(backs):
                dx = dx + back_norm(back_sublayer(dx, grads), grads)
            return dx

        return y, back

    def _among_themselves(self, hidden):
        """Self-attention, where what is hidden gets no weight."""

        def sublayer(y, block):
            change, back = attend(y, y, self.weights, f"{block}self_attn.", self.heads, hidden)

            def back_to_both(dy, grads):
                dquery, dsource = back(dy, grads)
                return dquery + dsource

            return change, back_to_both

        return sublayer

    def _network(self, x, block):
        xp, w, first, second = array_namespace(x), self.weights, f"{block}linear1.", f"{block}linear2."
        hidden, back1 = linear(x, w[f"{first}weight"], w[f"{first}bias"])
        y, back2 = linear(xp.where(hidden > 0, hidden, 0.0), w[f"{second}weight"], w[f"{second}bias"])

        def back(dy, grads):
            dhidden, grads[f"{second}weight"], grads[f"{second}bias"] = back2(dy)
            dx, grads[f"{first}weight"], grads[f"{first}bias"] = back1(xp.where(hidden > 0, dhidden, 0.0))
            return dx

        return y, back

    def _table(self, use):
        """A tied model has one table for every use."""
        return "embedding.weight" if "embedding.weight" in self.weights else f"{use}.weight"

    def _embed(self, ids, use):
        xp, name = array_namespace(ids), self._table(use)
        table = self.weights[name]
        (v, d), scale = table.shape, math.sqrt(table.shape[1])
        vectors = xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, d))

        def back(dx, grads):
            share = scale * (rows(one_hot(ids, v, dx.dtype)).T @ rows(dx))
            grads[name] = grads[name] + share if name in grads else share

        return scale * vectors + positions(ids, d, table.dtype), back


def positions(ids, d, dtype):
    """(t, d): a sine and a cosine of each angle, side by side; an odd width leaves out the last cosine."""
    xp = array_namespace(ids)
    like = {"dtype": xp.float64, "device": device(ids)}
    angles = xp.arange(ids.shape[1], **like)[:, None] / 10000.0 ** (xp.arange(0, d, 2, **like) / d)
    pairs = xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1)
    return xp.astype(xp.reshape(pairs, (ids.shape[1], -1))[:, :d], dtype)


def padding(src):
    """True at keys that nobody may see, for all heads and queries."""
    return (src == PAD)[:, None, None, :]


def one_hot(ids, v, dtype):
    """(b, t, v)."""
    xp = array_namespace(ids)
    return xp.astype(ids[..., None] == xp.arange(v, device=device(ids)), dtype)


def shares(targets, dtype):
    """(b, t, 1): the weight of each place in the mean; padding has none."""
    xp = array_namespace(targets)
    counted = xp.astype(targets != PAD, dtype)[..., None]
    return counted / xp.sum(counted)


def log_softmax(x):
    xp = array_namespace(x)
    x = x - xp.max(x, axis=-1, keepdims=True)
    return x - xp.log(xp.sum(xp.exp(x), axis=-1, keepdims=True))


def rows(x):
    return array_namespace(x).reshape(x, (-1, x.shape[-1]))


def linear(x, weight, bias=None):
    """x W^T + b; back gives the gradients of x, W and, where there is one, b."""
    xp, flat = array_namespace(x), rows(x)
    y = flat @ weight.T if bias is None else flat @ weight.T + bias

    def back(dy):
        dy = rows(dy)
        given = xp.reshape(dy @ weight, x.shape), dy.T @ flat
        return given if bias is None else (*given, xp.sum(dy, axis=0))

    return xp.reshape(y, (*x.shape[:-1], weight.shape[0])), back


def layer_norm(x, w, name):
    xp = array_namespace(x)
    weight, bias = w[f"{name}weight"], w[f"{name}bias"]
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    deviation = xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + 1e-5)
    unit = centred / deviation

    def back(dy, grads):
        grads[f"{name}weight"], grads[f"{name}bias"] = xp.sum(dy * unit, axis=(0, 1)), xp.sum(dy, axis=(0, 1))
        dunit = dy * weight
        along = unit * xp.mean(dunit * unit, axis=-1, keepdims=True)
        return (dunit - xp.mean(dunit, axis=-1, keepdims=True) - along) / deviation

    return unit * weight + bias, back


def attend(x, source, w, name, heads, hidden):
    """Queries from x (b, t, d), keys and values from source (b, s, d); back gives the gradients of both."""
    xp, d = array_namespace(x), x.shape[-1]
    scale = (d // heads) ** -0.5
    weight, bias = w[f"{name}in_proj_weight"], w[f"{name}in_proj_bias"]
    queries, back_queries = linear(x, weight[:d, :], bias[:d])
    both, back_both = linear(source, weight[d:, :], bias[d:])
    q, kv = scale * split(queries, heads), split(both, 2 * heads)
    k, v = kv[:, :heads, ...], kv[:, heads:, ...]
    scores = xp.where(hidden, -math.inf, q @ xp.matrix_transpose(k))
    terms = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    terms = terms / xp.sum(terms, axis=-1, keepdims=True)
    y, back_out = linear(join(terms @ v), w[f"{name}out_proj.weight"], w[f"{name}out_proj.bias"])

    def back(dy, grads):
        dmixed, grads[f"{name}out_proj.weight"], grads[f"{name}out_proj.bias"] = back_out(dy)
        dmixed = split(dmixed, heads)
        dterms = dmixed @ xp.matrix_transpose(v)
        dscores = terms * (dterms - xp.sum(terms * dterms, axis=-1, keepdims=True))
        dkv = [xp.matrix_transpose(dscores) @ q, xp.matrix_transpose(terms) @ dmixed]
        dx, *of_queries = back_queries(join(scale * (dscores @ k)))
        dsource, *of_both = back_both(join(xp.concat(dkv, axis=1)))
        grads[f"{name}in_proj_weight"], grads[f"{name}in_proj_bias"] = (
            xp.concat(parts, axis=0) for parts in zip(of_queries, of_both, strict=True)
        )
        return dx, dsource

    return y, back


def split(x, heads):
    """(b, t, heads * width) to (b, heads, t, width)."""
    xp, (b, t, d) = array_namespace(x), x.shape
    return xp.permute_dims(xp.reshape(x, (b, t, heads, d // heads)), (0, 2, 1, 3))


def join(x):
    xp, (b, heads, t, width) = array_namespace(x), x.shape
    return xp.reshape(xp.permute_dims(x, (0, 2, 1, 3)), (b, t, heads * width))


def total(shapes):
    return sum(math.prod(shape) for shape in shapes.values())


def cut(vector, shapes):
    """A dict of arrays of these shapes from one vector."""
    arrays, start = {}, 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        arrays[name] = array_namespace(vector).reshape(vector[start:stop], shape)
        start = stop
    return arrays


def normal(rng, n):
    """n standard normal numbers, float32, of numpy's, cupy's or torch's generator."""
    if hasattr(rng, "standard_normal"):
        return rng.standard_normal(n, dtype="float32")
    import torch

    return torch.randn(n, dtype=torch.float32, generator=rng, device=rng.device)


def uniform(rng, n):
    """n numbers from 0 to 1, likewise."""
    if hasattr(rng, "random"):
        return rng.random(n, dtype="float32")
    import torch

    return torch.rand(n, dtype=torch.float32, generator=rng, device=rng.device)


def train_copy(src, vocab, seed, steps):
    """Adam on batches of 32, rate falling to 0 in a line. NumPy draws: a seed means the same to every library."""
    import numpy

    xp, rng, column = array_namespace(src), numpy.random.default_rng(seed), src[:, :1]
    tgt = xp.concat([xp.full_like(column, BOS), src, xp.full_like(column, EOS)], axis=1)
    model = Transformer(vocab, vocab, 32, 2, 64, 1, rng)
    shapes = {name: array.shape for name, array in model.state().items()}
    start = numpy.concatenate([array.ravel() for array in model.state().values()])
    batches = xp.asarray(rng.integers(0, src.shape[0], (steps, 32)), device=device(src))
    vector = xp.asarray(start, device=device(src))
    model.load(cut(vector, shapes))
    mean, square = xp.zeros_like(vector), xp.zeros_like(vector)
    for step in range(steps):
        batch = batches[step, :]
        grads = model.gradients(xp.take(src, batch, axis=0), xp.take(tgt, batch, axis=0))
        gradient = xp.concat([xp.reshape(grads[name], (-1,)) for name in shapes])
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.98 * square + 0.02 * gradient * gradient
        rate = 0.01 * (1 - step / steps) / (1 - 0.9 ** (step + 1))
        vector = vector - rate * mean / (xp.sqrt(square / (1 - 0.98 ** (step + 1))) + 1e-8)
        model.load(cut(vector, shapes))
    return model
