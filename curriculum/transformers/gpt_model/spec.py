"""GPT-2's model: start, count, forward, loss, generation. What an answer must do, and what it costs.

Sources: Radford et al. 2019, Language Models are Unsupervised Multitask Learners (GPT-2); Hendrycks, Gimpel 2016,
https://arxiv.org/abs/1606.08415 (GELU); Press, Wolf 2016, https://arxiv.org/abs/1608.05859 (the tied head)

Sizes: b sequences of l tokens over a vocabulary of v; d numbers a token, `layers` layers of `heads` heads, ctx positions.
"""

import numpy as np

from harness.spec import (
    Array,
    Ban,
    Cost,
    Equivalent,
    Exercise,
    Limits,
    Mistake,
    Part,
    Plain,
    Policy,
    Rng,
    Timing,
    case,
    chi_square,
    holds,
)


def shapes(vocab, ctx, d, layers):
    """Every array of the state by GPT-2's name."""
    block = {
        "ln_1.weight": (d,), "ln_1.bias": (d,), "attn.c_attn.weight": (d, 3 * d), "attn.c_attn.bias": (3 * d,),
        "attn.c_proj.weight": (d, d), "attn.c_proj.bias": (d,), "ln_2.weight": (d,), "ln_2.bias": (d,),
        "mlp.c_fc.weight": (d, 4 * d), "mlp.c_fc.bias": (4 * d,), "mlp.c_proj.weight": (4 * d, d), "mlp.c_proj.bias": (d,),
    }  # fmt: skip
    return {
        "wte.weight": (vocab, d), "wpe.weight": (ctx, d), **{f"h.{i}.{n}": s for i in range(layers) for n, s in block.items()},
        "ln_f.weight": (d,), "ln_f.bias": (d,),
    }  # fmt: skip


def n_params(vocab, ctx, d, layers):
    """Oracle: the closed form."""
    return vocab * d + ctx * d + layers * (12 * d * d + 13 * d) + 2 * d


def norm(x, state, name):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]


def linear(x, state, name):
    return x @ state[f"{name}.weight"] + state[f"{name}.bias"]


def attention(x, state, name, heads):
    """Causal attention of one text (l, d)."""
    l, d = x.shape  # noqa: E741
    q, k, v = linear(x, state, f"{name}.c_attn").reshape(l, 3, heads, d // heads).transpose(1, 2, 0, 3)
    scores = np.einsum("hqw,hkw->hqk", q, k) / np.sqrt(d // heads)
    scores[:, np.arange(l) > np.arange(l)[:, None]] = -np.inf
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return linear(np.einsum("hqk,hkw->qhw", weights, v).reshape(l, d), state, f"{name}.c_proj")


def forward(ids, state, heads, rng=None):
    """Oracle: each text by itself."""
    layers = sum(name.endswith(".ln_1.bias") for name in state)
    logits = np.empty((*ids.shape, len(state["wte.weight"])))
    for row, text in enumerate(ids):
        x = state["wte.weight"][text] + state["wpe.weight"][: len(text)]
        for i in range(layers):
            x = x + attention(norm(x, state, f"h.{i}.ln_1"), state, f"h.{i}.attn", heads)
            up = linear(norm(x, state, f"h.{i}.ln_2"), state, f"h.{i}.mlp.c_fc")
            up = up / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (up + 0.044715 * up**3)))
            x = x + linear(up, state, f"h.{i}.mlp.c_proj")
        logits[row] = norm(x, state, "ln_f") @ state["wte.weight"].T
    return logits


def log_softmax(x):
    top = x.max(axis=-1, keepdims=True)
    return x - top - np.log(np.exp(x - top).sum(axis=-1, keepdims=True))


def loss(ids, state, heads, rng=None):
    """Oracle: -log P of each token but the first, given those before it."""
    logp = log_softmax(forward(ids, state, heads))
    terms = [-logp[row, t, text[t + 1]] for row, text in enumerate(ids) for t in range(len(text) - 1)]
    return np.array(np.mean(terms))


def next_law(ids, state, heads, temperature=1.0, top_k=None):
    """Probabilities (b, v) of the token after ids, which may be longer than the context."""
    logits = forward(ids[:, -len(state["wpe.weight"]) :], state, heads)[:, -1] / temperature
    if top_k is not None:
        ranks = np.argsort(np.argsort(-logits, axis=-1), axis=-1)
        logits = np.where(ranks < top_k, logits, -np.inf)
    return np.exp(log_softmax(logits))


# --- inputs -----------------------------------------------------------------------------------------------------


def a_state(rng, v, d, layers, ctx, scale=1.0, sharp=1.0):
    """Weights large enough for every branch, bias and position to count.

    `scale` stretches the embeddings, and so the logits; `sharp` queries and keys, and so the scores by its square.
    """
    state = {}
    for name, shape in shapes(v, ctx, d, layers).items():
        if ".ln" in name or name.startswith("ln"):
            state[name] = rng.uniform(0.5, 1.5, shape) if name.endswith("weight") else 0.3 * rng.standard_normal(shape)
        elif name.startswith("w"):
            state[name] = rng.standard_normal(shape)
        else:
            state[name] = (
                rng.standard_normal(shape) / np.sqrt(shape[0])
                if name.endswith("weight")
                else 0.3 * rng.standard_normal(shape)
            )
    state["wte.weight"] = scale * state["wte.weight"]
    for i in range(layers):
        state[f"h.{i}.attn.c_attn.weight"][:, : 2 * d] *= sharp
    return state


def inputs(rng, b=2, l=6, v=11, d=8, layers=2, heads=2, ctx=9, scale=1.0, sharp=1.0):  # noqa: E741
    return {
        "ids": rng.integers(0, v, (b, l)), "state": a_state(rng, v, d, layers, ctx, scale, sharp), "heads": heads,
        "rng": Rng(int(rng.integers(2**63))),
    }  # fmt: skip


def count_inputs(rng, vocab=100, ctx=20, d=16, layers=2, drawn=False):
    if drawn:
        vocab, ctx, d, layers = (int(n) for n in rng.integers(1, [60_000, 4_000, 2_000, 60]))
    return {"vocab": vocab, "ctx": ctx, "d": d, "layers": layers}


def start_inputs(rng, vocab=67, ctx=24, d=32, heads=4, layers=4):
    return {
        "vocab": vocab, "ctx": ctx, "d": d, "heads": heads, "layers": layers, "ids": rng.integers(0, vocab, (4, ctx)),
        "rng": Rng(int(rng.integers(2**63))),
    }  # fmt: skip


def generate_inputs(rng, n=5, temperature=None, top_k=1, **sizes):
    options = {"temperature": temperature, "top_k": top_k}
    return inputs(rng, **sizes) | {"n": n, "options": {k: x for k, x in options.items() if x is not None}}


def sample_inputs(rng, draws=2000, temperature=None, top_k=None, l=3, v=5, **sizes):  # noqa: E741
    """The same short text in every row; two tokens are drawn for each."""
    x = generate_inputs(
        rng, n=2, temperature=temperature, top_k=top_k, b=1, l=l, v=v, layers=1, ctx=6, scale=0.4, **sizes
    )
    return x | {"ids": np.tile(x["ids"], (draws, 1))}


# --- verdicts and properties --------------------------------------------------------------------------------------


def start_outputs(vocab, ctx, d, layers, **_):
    arrays = [Array("float32", shape) for _, shape in sorted(shapes(vocab, ctx, d, layers).items())]
    return Plain(list), arrays, Array("float32", ())


def verify_start(inputs, outputs, check):
    """Biases 0, norms 1, deviations 0.02 and 0.02 / sqrt(2 layers), no repeats, and a first loss near ln V that is this state's own."""
    names, arrays, first = outputs
    wanted = sorted(shapes(*(inputs[name] for name in ("vocab", "ctx", "d", "layers"))))
    check.true(
        list(names) == wanted,
        f"the state has not GPT-2's names; wrong or missing: {sorted(set(names) ^ set(wanted))[:4]}",
    )
    state = dict(zip(names, arrays, strict=True))
    groups = {"embeddings": [], "residual projections": [], "other weights": []}
    for name, array in state.items():
        if name.endswith("bias"):
            check.true(array == 0, f"{name} does not start at 0")
        elif "ln_" in name:
            check.true(array == 1, f"{name} does not start at 1")
        else:
            which = (
                "embeddings"
                if name.startswith("w")
                else "residual projections"
                if "c_proj" in name
                else "other weights"
            )
            groups[which].append(array.ravel())
    for which, arrays in groups.items():
        values = np.concatenate(arrays)
        wanted = 0.02 / np.sqrt(2 * inputs["layers"]) if which == "residual projections" else 0.02
        spread = float(np.sqrt(np.mean(values.astype(float) ** 2)))
        # six standard errors of a root mean square are below 9% from 2,300 numbers on
        check.true(abs(spread / wanted - 1) < 0.09, f"{which} have a deviation of {spread:.4f}; asked is {wanted:.4f}")
        check.true(len(np.unique(values)) > 0.9 * len(values), f"{which} repeat their numbers")
    own = loss(inputs["ids"], {name: np.asarray(array, np.float64) for name, array in state.items()}, inputs["heads"])
    check.true(
        abs(first - own) < 3e-5, f"the first loss is {first:.6f}, but that of the state on these ids is {own:.6f}"
    )
    v = inputs["vocab"]
    check.true(
        abs(first / np.log(v) - 1) < 0.05, f"the first loss is {first:.3f}; near ln V = {np.log(v):.3f} is expected"
    )


def all_chance_comes_from_rng(answer, x, check):
    """The same seed makes the same model, another seed another one."""
    place = sorted(shapes(x["vocab"], x["ctx"], x["d"], x["layers"])).index("h.0.attn.c_attn.weight")
    first, again = answer(**x)[1][place], answer(**x)[1][place]
    other = answer(**{**x, "rng": Rng(x["rng"].seed ^ 1)})[1][place]
    check.equal(first, again, "the same seed made two different models")
    check.true(np.any(first != other), "two seeds made the same model")


def later_tokens_change_nothing_earlier(answer, x, check):
    """The logits at a place do not depend on any token after it."""
    whole = answer(**x)
    for place in range(x["ids"].shape[1] - 1):
        ids = x["ids"].copy()
        ids[:, place + 1 :] = (ids[:, place + 1 :] + 1) % whole.shape[-1]
        check.close(
            answer(**{**x, "ids": ids})[:, : place + 1],
            whole[:, : place + 1],
            f"up to place {place}, with other tokens after it",
        )


def sequences_do_not_see_each_other(answer, x, check):
    """A sequence gets the same logits alone as in a batch."""
    check.close(answer(**{**x, "ids": x["ids"][:1]}), answer(**x)[:1], "the first sequence alone")


def the_head_is_the_embedding(answer, x, check):
    """Exchanging two rows of wte, and the two tokens in the text, exchanges the two logits: there is one table."""
    order = np.arange(len(x["state"]["wte.weight"]))
    order[[0, 1]] = 1, 0
    state = {**x["state"], "wte.weight": x["state"]["wte.weight"][order]}
    check.close(
        answer(**{**x, "ids": order[x["ids"]], "state": state})[..., order], answer(**x), "with two tokens renamed"
    )


def scores_of_thousands_do_not_overflow(answer, x, check):
    """Scores far above 700, where exp is infinite, give what the shifted softmax gives."""
    check.close(answer(**x), forward(x["ids"], x["state"], x["heads"]), "the logits at scores of thousands", slack=1000)


def verify_generate(inputs, outputs, check):
    """The prompt stays; each new token could have been drawn: it is among the top_k, but for near ties."""
    ids, n, options = inputs["ids"], inputs["n"], inputs["options"]
    length = ids.shape[1]
    check.equal(outputs[:, :length], ids, "the prompt was changed")
    v = len(inputs["state"]["wte.weight"])
    check.true((outputs >= 0) & (outputs < v), "a token lies outside the vocabulary")
    for t in range(length, length + n):
        law = next_law(outputs[:, :t], inputs["state"], inputs["heads"])
        chosen = np.take_along_axis(law, outputs[:, t : t + 1], axis=1)[:, 0]
        least = np.sort(law, axis=1)[:, -min(options["top_k"], v)]
        check.true(
            chosen >= least * (1 - 1e-3),
            f"token {t} is not among the {options['top_k']} most probable after those before it",
        )


def generate_outputs(ids, n, **_):
    return Array("int64", (ids.shape[0], ids.shape[1] + n))


def p_value(inputs, outputs):
    """Pearson's test on the pairs of drawn tokens."""
    state, heads, options, v = inputs["state"], inputs["heads"], inputs["options"], len(inputs["state"]["wte.weight"])
    text, drawn = inputs["ids"][:1], np.asarray(outputs)[:, -2:]
    if drawn.min() < 0 or drawn.max() >= v:
        return 0.0
    first = next_law(text, state, heads, **options)[0]
    second = next_law(np.concatenate([np.tile(text, (v, 1)), np.arange(v)[:, None]], axis=1), state, heads, **options)
    return chi_square(np.bincount(drawn[:, 0] * v + drawn[:, 1], minlength=v * v), (first[:, None] * second).ravel())


def the_same_seed_draws_the_same_text(answer, x, check):
    """All chance comes from rng."""
    check.equal(answer(**x), answer(**x), "two calls with the same seed drew differently")


# --- cost and cases -----------------------------------------------------------------------------------------------


def cost(itemsize, b, l, v, d, layers, **_):  # noqa: E741
    """2 flops a weight and token, 4 l d a token and layer for attention; weights once, activations some 30 d a token and layer."""
    weights = 12 * layers * d * d + v * d
    return Cost(
        flops=2 * weights * b * l + 4 * layers * b * l * l * d,
        bytes_moved=itemsize * (weights + b * l * (30 * d * layers + v)),
    )


TEXTS = (
    case("two sequences"),
    case("one sequence", b=1),
    case("one layer, one head", layers=1, heads=1),
    case("four heads", heads=4, d=12),
    case("heads of width one", heads=8),
    case("as long as the context", l=9, why="all ctx positions are used"),
    case("two tokens", l=2),
    case("longer than the context", l=10, raises=("ValueError",), mark="robust", why="there is no position left"),
    case("large embeddings", scale=100.0, mark="robust", why="logits of hundreds; exp of them overflows"),
)
GREEDY = (
    case("five tokens", l=3),
    case("past the context", l=7, n=6, why="only the last ctx tokens are seen, at positions 0 to ctx - 1"),
    case("a prompt longer than the context", b=6, l=14, n=3, mark="robust", why="it is cropped as well, not refused"),
    case("among the best three", l=3, n=6, top_k=3, temperature=5.0),
    case("top k above v", l=3, n=2, top_k=50, mark="robust", why="then nothing is cut"),
    case("no new token", n=0, mark="robust", why="the text comes back as it is"),
    case("a temperature of a thousandth", temperature=1e-3, mark="robust", why="exp overflows without a shift"),
)
FASTEST = {"numpy": "batched.py", "torch": "with_torch.py", "cupy": "with_array_api.py"}
TOP_K = "if top_k is not None and top_k < logits.shape[-1]:"
TOKEN = "token = (cumulative <= drawn).sum(axis=-1, keepdims=True)"
SCORES = "scores = q @ k.swapaxes(-1, -2) / np.sqrt(w).astype(x.dtype)"
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "n_params", count_inputs,
            (
                case("a small model"),
                case("some model", drawn=True),
                case("GPT-2 small", vocab=50257, ctx=1024, d=768, layers=12, why="124,439,808"),
                case("GPT-2 extra large", vocab=50257, ctx=1024, d=1600, layers=48),
                case("no layers", layers=0),
            ),
            oracle=n_params, dtypes=(),
        ),
        Part(
            "start", start_inputs,
            (case("four layers"), case("one layer", layers=1, d=48, why="0.02 / sqrt(2)"), case("nine layers", layers=9, heads=2, mark="robust")),
            verify=verify_start, outputs=start_outputs, properties=(all_chance_comes_from_rng,), dtypes=(),
        ),
        Part(
            "forward", inputs, (*TEXTS, case("one token", l=1, mark="robust", why="it attends to itself alone")), oracle=forward,
            properties=(
                later_tokens_change_nothing_earlier, holds(sequences_do_not_see_each_other, b=3), the_head_is_the_embedding,
                holds(scores_of_thousands_do_not_overflow, sharp=40.0, dtypes=("float64",)),
            ),
        ),
        Part("loss", inputs, (*TEXTS, case("many rows", b=9, l=4)), oracle=loss),
        Part("generate", generate_inputs, GREEDY, verify=verify_generate, outputs=generate_outputs),
        Part(
            "sample", sample_inputs,
            (
                case("two tokens each", draws=2000),
                case("hot", draws=2000, temperature=3.0),
                case("the best two", draws=2000, top_k=2, temperature=2.0),
            ),
            p_value=p_value, outputs=generate_outputs, properties=(holds(the_same_seed_draws_the_same_text, draws=200),),
        ),
    ),
    timings=(
        Timing(
            case("4 x 64 tokens, 2 layers of 128", b=4, l=64, v=256, d=128, layers=2, heads=4, ctx=64), cost, part="forward", scaling="b",
            yardstick=FASTEST, fresh="draw",
        ),
    ),
    policy=Policy(
        banned=(
            "base", "transformers", "torch.nn.Transformer", "torch.nn.TransformerEncoder", "torch.nn.TransformerEncoderLayer",
            "torch.nn.TransformerDecoder", "torch.nn.TransformerDecoderLayer", "torch.nn.MultiheadAttention",
            Ban("torch.nn.functional.scaled_dot_product_attention", unless_earned="attention"),
            Ban("torch.nn.functional.layer_norm", unless_earned="layer_norm"), Ban("torch.nn.LayerNorm", unless_earned="layer_norm"),
            Ban("torch.softmax", unless_earned="softmax"), Ban("torch.nn.functional.softmax", unless_earned="softmax"),
            Ban("torch.log_softmax", unless_earned="softmax"), Ban("torch.nn.functional.log_softmax", unless_earned="softmax"),
            "torch.nn.functional.cross_entropy", "torch.nn.CrossEntropyLoss",
        ),
        uses=("attention", "layer_norm", "softmax"),
        backends=("numpy", "torch", "cupy"),
    ),
    limits=Limits(call_s=10.0),
    mistakes=(
        Mistake("biases not counted", "(3 * d * d + 3 * d) + (d * d + d)", "(3 * d * d) + (d * d)", "n_params/GPT-2 small"),
        Mistake("the head counted as well", "return vocab * d + ctx * d", "return 2 * vocab * d + ctx * d", "n_params/GPT-2 small"),
        Mistake("the last norm not counted", "+ 2 * d\n", "\n", "n_params/no layers"),
        Mistake("residual projections start like the others", "0.02 / np.sqrt(2 * layers)", "0.02", "start/one layer"),
        Mistake("scaled by the layers instead of the branches", "np.sqrt(2 * layers)", "np.sqrt(layers)", "start/four layers"),
        Mistake("divided without the root", "np.sqrt(2 * layers)", "(2 * layers)", "start/four layers"),
        Mistake("norms start at zero", '"ln_1.weight": np.ones(d, np.float32)', '"ln_1.weight": zeros(d)', "start/four layers"),
        Mistake("deviation of 1", "std=0.02)", "std=1.0)", "start/four layers"),
        Mistake("a generator of its own", "(std * rng.standard_normal(shape))", "(std * np.random.default_rng().standard_normal(shape))",
                "start/all chance comes from rng"),
        Mistake("norm after the branch", 'self._attention(self._norm(x, f"h.{i}.ln_1"), f"h.{i}.attn")',
                'self._norm(self._attention(x, f"h.{i}.attn"), f"h.{i}.ln_1")', "forward/two sequences"),
        Mistake("no residual around the attention", 'x = x + self._attention(', 'x = self._attention(', "forward/two sequences"),
        Mistake("no residual around the mlp", 'x = x + self._linear(hidden', 'x = self._linear(hidden', "forward/two sequences"),
        Mistake("no last norm", 'self._norm(x, "ln_f") @', "x @", "forward/two sequences"),
        Mistake("no positions", ' + self.weights["wpe.weight"][:length]', "", "forward/two sequences"),
        Mistake("positions one too far", '["wpe.weight"][:length]', '["wpe.weight"][np.arange(1, length + 1) % self.ctx]', "forward/two sequences"),
        Mistake("the mask hides the token itself", "k=1)\n", "k=0) & (np.arange(length) > 0)[:, None]\n", "forward/two sequences"),
        Mistake("the mask shows the next token", "k=1)\n", "k=2)\n", "forward/two tokens"),
        Mistake("the mask is transposed", "np.where(future, -np.inf, scores)", "np.where(future.T, -np.inf, scores)", "forward/two sequences"),
        Mistake("not scaled", " / np.sqrt(w).astype(x.dtype)", "", "forward/two sequences"),
        Mistake("scaled by d, not by the head's width", "np.sqrt(w)", "np.sqrt(d)", "forward/two sequences"),
        Mistake("keys and queries exchanged", "queries, keys, values =", "keys, queries, values =", "forward/two sequences"),
        Mistake("heads interleaved", "part[..., head * w : (head + 1) * w]", "part[..., head :: self.heads]", "forward/two sequences"),
        Mistake("the projection's bias missing", 'return self._linear(np.concatenate(mixed, axis=-1), f"{name}.c_proj")',
                'return np.concatenate(mixed, axis=-1) @ self.weights[f"{name}.c_proj.weight"]', "forward/two sequences"),
        Mistake("GELU by the logistic function", "return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + 0.044715 * x**3)))",
                "return x / (1 + np.exp(-1.702 * x))", "forward/two sequences"),
        Mistake("ReLU", "return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + 0.044715 * x**3)))",
                "return np.maximum(x, 0)", "forward/two sequences"),
        Mistake("the unbiased variance", "(centred**2).mean(axis=-1, keepdims=True)", "centred.var(axis=-1, keepdims=True, ddof=1)",
                "forward/two sequences"),
        Mistake("too long a text is cut in silence", "        if length > self.ctx:\n", "        ids, length = ids[:, : self.ctx], min(length, self.ctx)\n        if length > self.ctx:\n",
                "forward/longer than the context"),
        Mistake("the loss is not shifted", "self.forward(ids)[:, :-1], ids[:, 1:]", "self.forward(ids), ids", "loss/two sequences"),
        Mistake("shifted the wrong way", "self.forward(ids)[:, :-1], ids[:, 1:]", "self.forward(ids)[:, 1:], ids[:, :-1]", "loss/two sequences"),
        Mistake("summed over the places", "axis=-1).mean()", "axis=-1).sum() / len(ids)", "loss/two sequences"),
        Mistake("divided by all places", "axis=-1).mean()", "axis=-1).sum().astype(logits.dtype) / ids.size", "loss/two sequences"),
        Mistake("the loss overflows", "logits = logits - logits.max(axis=-1, keepdims=True)\n        logp", "logp", "loss/large embeddings"),
        Mistake("the largest score not taken off before exp", "np.exp(scores - scores.max(axis=-1, keepdims=True))", "np.exp(scores)",
                "scores of thousands do not overflow"),
        Mistake("the largest logit not taken off before exp", "np.cumsum(np.exp(logits - logits.max(axis=-1, keepdims=True)), axis=-1)",
                "np.cumsum(np.exp(logits), axis=-1)", "generate/a temperature of a thousandth"),
        Mistake("a long prompt is not cropped", "self.forward(ids[:, -self.ctx :])", "self.forward(ids)", "generate/a prompt longer than the context"),
        Mistake("the first tokens are kept instead of the last", "ids[:, -self.ctx :]", "ids[:, : self.ctx]", "generate/a prompt longer than the context"),
        Mistake("multiplied by the temperature", "logits / temperature", "logits * temperature", "sample/hot"),
        Mistake("the temperature left out", "logits = logits / temperature", "logits = logits * 1", "sample/hot"),
        Mistake("one too many in top k", "[:, [-top_k]]", "[:, [-min(top_k + 1, logits.shape[-1])]]", "sample/the best two"),
        Mistake("top k left out", "logits = np.where(logits < least, -np.inf, logits)", "logits = logits + 0 * least", "sample/the best two"),
        Mistake("always the best", "(cumulative <= drawn).sum(axis=-1, keepdims=True)", "logits.argmax(axis=-1)[:, None]", "sample/two tokens each"),
        Mistake("one random number for all rows", "rng.random((len(ids), 1))", "rng.random()", "sample/two tokens each"),
        Mistake("drawn from the first place's logits", "[:, -1]\n            logits = logits / temp", "[:, 0]\n            logits = logits / temp",
                "generate/five tokens"),
    ),
    equivalent=(
        Equivalent("GPT._attention", "for head in range(self.heads):", "for head in range(self.heads + 1):", "behind the last head there is a slice of no columns"),
        Equivalent("GPT.generate", TOP_K, TOP_K.replace("top_k <", "top_k <="), "of all tokens none is below the least"),
        Equivalent("GPT.generate", TOP_K, TOP_K.replace("shape[-1]", "shape[1]"), "logits have two axes there"),
        Equivalent("GPT.generate", TOKEN, TOKEN.replace("<=", "<"), "a drawn number hits an edge with probability 2^-53"),
        Equivalent("GPT._attention", SCORES, SCORES.replace("-1, -2", "-2, -1"), "the same two axes"),
    ),
    hints=(
        "Write norm, linear and attention as three small functions of (x, name); then the model is eight lines.",
        "Test pieces against the counts and the first loss: n_params of GPT-2 small is 124,439,808, and a new model's loss is close to ln V. "
        "The target of place t is token t + 1. To generate, crop to the last ctx tokens first.",
        "x = wte[ids] + wpe[:l]; x += attn(ln_1(x)); x += c_proj(gelu(c_fc(ln_2(x)))); logits = ln_f(x) @ wte.T. Attention: split c_attn(x) in three, each "
        "in heads of width d / heads; scores q k^T / sqrt(width), -inf above the diagonal; softmax; heads side by side; c_proj.",
    ),
)  # fmt: skip
