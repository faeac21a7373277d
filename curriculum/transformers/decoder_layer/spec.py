"""The transformer's decoder layer, pre- and post-norm: what an answer must do, and what it costs.

Source: Vaswani et al. 2017, section 3.1, https://arxiv.org/abs/1706.03762; where it leaves something open, it is as
torch.nn.TransformerDecoderLayer does it, with the causal mask.

Sizes: b sequences of t tokens, s tokens of memory (as many as t where None), heads of `width` entries each,
so d = heads * width; ff hidden units in the network.
"""

import numpy as np

from harness.spec import Ban, Convention, Cost, Equivalent, Exercise, Mistake, Policy, Timing, case, holds

# --- the oracle, in float64: a sequence and a head at a time ---------------------------------------------------------


def layer_norm(x, state, name):
    hat = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return hat * state[f"{name}.weight"] + state[f"{name}.bias"]


def attention(x, source, state, name, heads, seen):
    """Multi-head attention of x (t, d); seen (t, s) or (1, s) says which tokens of the source each token attends to."""
    matrices, biases = np.split(state[f"{name}.in_proj_weight"], 3), np.split(state[f"{name}.in_proj_bias"], 3)
    q, k, v = (y @ w.T + c for y, w, c in zip((x, source, source), matrices, biases, strict=True))
    joined, seen = np.zeros(x.shape), np.broadcast_to(seen, (len(x), len(source)))
    for own in np.split(np.arange(x.shape[1]), heads):
        scores = q[:, own] @ k[:, own].T / np.sqrt(len(own))
        top = np.max(scores, axis=1, keepdims=True, where=seen, initial=-np.inf)
        terms = np.exp(np.where(seen, scores - top, -np.inf))
        # the largest term is 1, so only an empty sum is below it
        total = np.maximum(terms.sum(axis=1, keepdims=True), 1.0)
        joined[:, own] = terms @ v[:, own] / total
    return joined @ state[f"{name}.out_proj.weight"].T + state[f"{name}.out_proj.bias"]


def network(x, state):
    hidden = np.maximum(x @ state["linear1.weight"].T + state["linear1.bias"], 0)
    return hidden @ state["linear2.weight"].T + state["linear2.bias"]


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    """Oracle."""
    out = np.zeros(x.shape)
    for i, (y, source) in enumerate(zip(x, memory, strict=True)):
        real = np.ones(len(source), bool) if memory_padding is None else ~memory_padding[i]
        sublayers = (
            lambda y: attention(y, y, state, "self_attn", heads, np.tri(len(y), dtype=bool)),
            lambda y, source=source, real=real: attention(y, source, state, "multihead_attn", heads, real[None, :]),
            lambda y: network(y, state),
        )
        for number, sublayer in enumerate(sublayers, start=1):
            norm = f"norm{number}"
            y = y + sublayer(layer_norm(y, state, norm)) if norm_first else layer_norm(y + sublayer(y), state, norm)
        out[i] = y
    return out


def true_is_a_token(x, memory_padding=None, **others):
    return decoder_layer(x, memory_padding=None if memory_padding is None else ~memory_padding, **others)


def the_other_order(norm_first=False, **others):
    return decoder_layer(norm_first=not norm_first, **others)


# --- inputs ----------------------------------------------------------------------------------------------------------


def numbers(rng, *shape):
    """Variance 1 and bounded, so that no case is peaked by accident."""
    return rng.uniform(-(3**0.5), 3**0.5, shape)


def draw_state(rng, d, ff):
    """Parameters under torch's names; norms away from 1 and 0, which would hide a norm that is missing or exchanged."""
    shapes = {"linear1.weight": (ff, d), "linear1.bias": (ff,), "linear2.weight": (d, ff), "linear2.bias": (d,)}
    for name in ("self_attn", "multihead_attn"):
        shapes |= {f"{name}.in_proj_weight": (3 * d, d), f"{name}.in_proj_bias": (3 * d,)}
        shapes |= {f"{name}.out_proj.weight": (d, d), f"{name}.out_proj.bias": (d,)}
    state = {
        name: numbers(rng, *shape) / max(shape[-1] if len(shape) == 2 else 4, 1) ** 0.5
        for name, shape in shapes.items()
    }
    for name in ("norm1", "norm2", "norm3"):
        state |= {f"{name}.weight": rng.uniform(0.5, 1.5, d), f"{name}.bias": numbers(rng, d) / 2}
    return state


def inputs(rng, b=2, t=5, s=7, heads=2, width=4, ff=12, norm_first=None, padding=None, kind="normal"):
    """Random arguments; what is None is left out, which tests the defaults."""
    d, s = heads * width, t if s is None else s
    # a memory of mean 1 and deviation 2, so that it shows if somebody normalizes it
    given = {
        "x": numbers(rng, b, t, d),
        "memory": 1 + 2 * numbers(rng, b, s, d),
        "state": draw_state(rng, d, ff),
        "heads": heads,
    }
    if kind == "far":  # all scores are 64 * 64 * width / sqrt(width), whatever x and memory are
        for name in ("self_attn", "multihead_attn"):
            given["state"][f"{name}.in_proj_weight"][: 2 * d] = 0.0
            given["state"][f"{name}.in_proj_bias"][: 2 * d] = 64.0
    if norm_first is not None:
        given["norm_first"] = norm_first
    if padding is not None:
        hidden = rng.random((b, s)) < 0.4
        hidden[:, :1], hidden[:1, -1:] = False, s > 1
        hidden[-1:] |= padding == "all of one"
        given["memory_padding"] = hidden
    return given


CASES = (
    case("post-norm", why="norm(y + sublayer(y)): the paper's"),
    case("pre-norm", norm_first=True, why="y + sublayer(norm(y))"),
    case("post-norm with padding", padding="some", why="nobody attends to padding of the memory"),
    case("pre-norm with padding", norm_first=True, padding="some", b=3),
    case("a short memory", t=7, s=2, norm_first=True, why="more tokens than there is memory"),
    case(
        "as long as the memory",
        t=6,
        s=None,
        norm_first=True,
        padding="some",
        why="here a mask on the wrong attention raises no error",
    ),
    case("all sizes equal", b=8, t=8, s=None, heads=2, width=4, ff=8, why="here a wrong axis raises no error"),
    case("one head", heads=1, width=6, norm_first=True),
    case("heads of width 1", heads=8, width=1),
    case("one token", t=1, ff=9, why="the first step: nothing came before"),
    case("a memory of one token", s=1, norm_first=True, why="its value is what every token gets"),
    case("post-norm asked for", norm_first=False, b=1, t=9),
    case(
        "nothing but padding",
        padding="all of one",
        mark="robust",
        why="no keys: attention gives its last bias, not nan",
    ),
    case("long", b=1, t=141, s=67, norm_first=True, padding="some", mark="robust", why="more tokens than in a block"),
    case(
        "scores of thousands",
        kind="far",
        padding="some",
        mark="robust",
        why="exp overflows unless shifted; all scores are alike and exact, so that every type gets them right",
    ),
    case("no batch", b=0, mark="robust", why="an empty batch comes back empty"),
)


# --- properties ------------------------------------------------------------------------------------------------------


def the_past_does_not_know_the_future(answer, x, check):
    """What comes later, be it 1e15, changes no earlier output."""
    later = x["x"].copy()
    later[:, 2:] = 1e15 * np.sign(later[:, 2:])
    for norm_first in (False, True):
        got, before = (answer(**x | {"x": y}, norm_first=norm_first)[:, :2] for y in (later, x["x"]))
        check.close(got, before, f"the first two outputs, with 1e15 behind them, norm_first={norm_first}", slack=2.0)


def step_by_step_gives_the_same_as_all_at_once(answer, x, check):
    """Decoding one token more each time gives the outputs that one pass over all gives."""
    whole = answer(**x)
    for n in range(1, x["x"].shape[1]):
        got = answer(**x | {"x": np.ascontiguousarray(x["x"][:, :n])})
        check.close(got, whole[:, :n], f"the first {n} tokens alone", slack=2.0)


def the_order_of_the_memory_does_not_matter(answer, x, check):
    """Reversing the memory and its padding together changes nothing."""
    turned = {name: np.ascontiguousarray(x[name][:, ::-1]) for name in ("memory", "memory_padding")}
    check.close(answer(**x | turned), answer(**x), "with the memory in reverse order", slack=2.0)


def every_token_sees_all_of_the_memory(answer, x, check):
    """A change of any token of the memory changes every output."""
    before = answer(**x)
    for place in range(x["memory"].shape[1]):
        changed = x["memory"].copy()
        changed[:, place] *= -1
        moved = np.abs(answer(**x | {"memory": changed}) - before).max(axis=-1)
        check.true((moved > 1e-6).all(), f"token {place} of the memory does not reach every output")


def padding_of_the_memory_has_no_influence(answer, x, check):
    """What stands in the padding of the memory, be it 1e15, changes nothing."""
    garbage = np.where(x["memory_padding"][..., None], 1e15 * np.sign(x["memory"]), x["memory"]).astype(check.dtype)
    check.close(answer(**x | {"memory": garbage}), answer(**x), "with 1e15 in the padding", slack=2.0)


def sequences_do_not_see_each_other(answer, x, check):
    """Each sequence with its memory gives what it gives alone."""
    alone = {name: x[name][1:2] for name in ("x", "memory")}
    check.close(answer(**x | alone), answer(**x)[1:2], "the second sequence by itself", slack=2.0)


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, b, t, s, heads, width, ff, **_):
    """Six projections of x and two of the memory, the network, two products a head and attention,
    the causal ones by half."""
    d, s = heads * width, t if s is None else s
    flops = (
        b * (t * (12 * d * d + 4 * d * ff) + 4 * s * d * d)
        + 4 * b * t * (t / 2 + s) * d
        + 5 * b * heads * t * (t / 2 + s)
    )
    return Cost(flops, itemsize * (8 * d * d + 2 * d * ff + 15 * d + ff + b * d * (2 * t + s)))


BLOCK = case(
    "384 tokens and 384 of memory, width 128, 8 heads", b=1, t=384, s=None, heads=8, width=16, ff=256, norm_first=True
)
FASTEST = {"numpy": "in_place.py", "torch": "with_torch.py", "cupy": "with_array_api.py"}
TORCH = (
    "Transformer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
)

EXERCISE = Exercise(
    version=1,
    name="decoder_layer",
    inputs=inputs,
    cases=CASES,
    oracle=decoder_layer,
    properties=(
        the_past_does_not_know_the_future,
        holds(step_by_step_gives_the_same_as_all_at_once, norm_first=True),
        holds(the_order_of_the_memory_does_not_matter, padding="some"),
        holds(every_token_sees_all_of_the_memory, norm_first=True, t=4, s=5),
        holds(padding_of_the_memory_has_no_influence, padding="some"),
        sequences_do_not_see_each_other,
    ),
    conventions=(
        Convention("True marks tokens; asked is that True marks padding", true_is_a_token),
        Convention("norm_first the other way round", the_other_order),
    ),
    timings=(Timing(BLOCK, cost, scaling="t", yardstick=FASTEST),),
    policy=Policy(
        banned=(
            "base", "xformers", "flash_attn", "torch.nn.attention", *(f"torch.nn.{name}" for name in TORCH),
            "torch.nn.modules.transformer", "torch._transformer_encoder_layer_fwd",
            Ban("torch.nn.MultiheadAttention", unless_earned="multi_head_attention"),
            Ban("torch.nn.functional.multi_head_attention_forward", unless_earned="multi_head_attention"),
            Ban("torch.nn.functional.scaled_dot_product_attention", unless_earned="attention"),
            Ban("torch.nn.LayerNorm", unless_earned="layer_norm"), Ban("torch.nn.functional.layer_norm", unless_earned="layer_norm"),
            Ban("torch.layer_norm", unless_earned="layer_norm"),
            Ban("torch.softmax", unless_earned="softmax"), Ban("torch.Tensor.softmax", unless_earned="softmax"),
            Ban("torch.nn.functional.softmax", unless_earned="softmax"), Ban("torch.special.softmax", unless_earned="softmax"),
        ),
        earns=("torch.nn.TransformerDecoderLayer",),
        uses=("softmax", "attention", "multi_head_attention", "layer_norm", "encoder_layer"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("a causal mask on the memory", "\"multihead_attn\", heads, padding)", "\"multihead_attn\", heads, np.triu(np.ones((x.shape[1], memory.shape[1]), bool), 1))", caught_by="every token sees all of the memory"),
        Mistake("keys of the memory's attention from x", "k = _heads(1, source, state, name, heads)", "k = _heads(1, x if x.shape == source.shape else source, state, name, heads)", caught_by="as long as the memory"),
        Mistake("values of the memory's attention from x", "v = _heads(2, source, state, name, heads)", "v = _heads(2, x if x.shape == source.shape else source, state, name, heads)", caught_by="as long as the memory"),
        Mistake("looks up in itself, not in the memory", "_attention(y, memory, state, \"multihead_attn\", heads, padding)", "_attention(y, y, state, \"multihead_attn\", heads, None)", caught_by="pre-norm"),
        Mistake("queries from the memory", "_attention(y, memory, state, \"multihead_attn\", heads, padding)", "_attention(memory[:, : y.shape[1]], y if y.shape == memory.shape else memory, state, \"multihead_attn\", heads, padding)", caught_by="as long as the memory"),
        Mistake("no mask in self-attention", "\"self_attn\", heads, future)", "\"self_attn\", heads, None)", caught_by="pre-norm"),
        Mistake("one future token is seen", "bool), 1)\n", "bool), 2)\n", caught_by="pre-norm"),
        Mistake("the past is hidden, not the future", "np.triu(np.ones((x.shape[1], x.shape[1]), bool), 1)", "np.tril(np.ones((x.shape[1], x.shape[1]), bool), -1)", caught_by="pre-norm"),
        Mistake("padding is ignored", "padding = None if memory_padding is None else memory_padding[:, None, None, :]", "padding = None", caught_by="pre-norm with padding"),
        Mistake("True marks what is seen", "else memory_padding[:, None, None, :]", "else ~memory_padding[:, None, None, :]", caught_by="pre-norm with padding"),
        Mistake("the memory is normalized too", "_attention(y, memory, state, \"multihead_attn\"", "_attention(y, _norm(memory, state, \"norm2\"), state, \"multihead_attn\"", caught_by="post-norm"),
        Mistake("the memory comes first", "((\"norm1\", look_back), (\"norm2\", look_up),", "((\"norm1\", look_up), (\"norm2\", look_back),", caught_by="pre-norm"),
        Mistake("the network comes before the memory", "(\"norm2\", look_up), (\"norm3\", think))", "(\"norm2\", think), (\"norm3\", look_up))", caught_by="pre-norm"),
        Mistake("norms 2 and 3 exchanged", "(\"norm2\", look_up), (\"norm3\", think))", "(\"norm3\", look_up), (\"norm2\", think))", caught_by="pre-norm"),
        Mistake("one norm for all", "x = x + sublayer(_norm(x, state, norm))", "x = x + sublayer(_norm(x, state, \"norm1\"))", caught_by="pre-norm"),
        Mistake("the same attention twice", "_attention(y, memory, state, \"multihead_attn\"", "_attention(y, memory, state, \"self_attn\"", caught_by="pre-norm"),
        Mistake("no skip in pre-norm", "x = x + sublayer(_norm(x, state, norm))", "x = sublayer(_norm(x, state, norm))", caught_by="pre-norm"),
        Mistake("the skip starts at the normalized input", "x = x + sublayer(_norm(x, state, norm))", "x = _norm(x, state, norm) + sublayer(_norm(x, state, norm))", caught_by="pre-norm"),
        Mistake("no skip in post-norm", "x = _norm(x + sublayer(x), state, norm)", "x = _norm(sublayer(x), state, norm)", caught_by="post-norm"),
        Mistake("always post-norm", "        if norm_first:", "        if norm_first is None:", caught_by="pre-norm"),
        Mistake("always pre-norm", "        if norm_first:", "        if True:", caught_by="post-norm"),
        Mistake("a norm at the end of pre-norm", "    return x\n", "    return _norm(x, state, \"norm3\") if norm_first else x\n", caught_by="pre-norm"),
        Mistake("no activation", "np.maximum(_linear(y, state, \"linear1\"), 0)", "_linear(y, state, \"linear1\")", caught_by="pre-norm"),
        Mistake("scale from d", "math.sqrt(q.shape[-1])", "math.sqrt(x.shape[-1])", caught_by="pre-norm"),
        Mistake("split by reshape alone, which mixes tokens and heads", "projected.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)", "projected.reshape(b, heads, t, d // heads)", caught_by="pre-norm"),
        Mistake("joined by reshape alone", "(weights @ v).transpose(0, 2, 1, 3).reshape(x.shape)", "(weights @ v).reshape(x.shape)", caught_by="pre-norm"),
        Mistake("no biases in the projections", "[rows].T + state[f\"{name}.in_proj_bias\"][rows]", "[rows].T", caught_by="pre-norm"),
        Mistake("no last projection", "return _linear((weights @ v).transpose(0, 2, 1, 3).reshape(x.shape), state, f\"{name}.out_proj\")", "return (weights @ v).transpose(0, 2, 1, 3).reshape(x.shape)", caught_by="pre-norm"),
        Mistake("-1e9 for minus infinity", "np.where(hidden, -np.inf, scores)", "np.where(hidden, -1e9, scores).astype(scores.dtype)", caught_by="nothing but padding"),
        Mistake("exp without a shift", "np.exp(scores - np.where(top == -np.inf, 0, top))", "np.exp(scores)", caught_by="scores of thousands"),
        Mistake("nan where all is padding", "np.exp(scores - np.where(top == -np.inf, 0, top))", "np.exp(scores - top)", caught_by="nothing but padding"),
        Mistake("the unbiased variance", "np.mean(centred**2, axis=-1, keepdims=True)", "np.sum(centred**2, axis=-1, keepdims=True) / (x.shape[-1] - 1)", caught_by="pre-norm"),
    ),
    equivalent=(
        Equivalent("_weights", "terms = np.exp(scores - np.where(top == -np.inf, 0, top))", "terms = np.exp(scores - np.where(top == -np.inf, 1, top))", "only where nothing is seen, and exp(-inf - 1) is 0 as exp(-inf) is"),
        Equivalent("_attention", "weights = _weights(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), hidden)", "weights = _weights(q @ k.swapaxes(-2, -1) / math.sqrt(q.shape[-1]), hidden)", "exchanging two axes has no order"),
        Equivalent("_attention", "weights = _weights(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), hidden)", "weights = _weights(q @ k.swapaxes(-1, 2) / math.sqrt(q.shape[-1]), hidden)", "of four axes, axis 2 is axis -2"),
    ),
    hints=(
        "It is the encoder layer with one sublayer more, between its two. For each of the two attentions say: where do queries come from, where keys and values, and who may see what?",
        "Write attention(x, source, hidden) once, with queries from x and the rest from source. Self-attention: source = y (the same array that asks, normalized if norm_first), hidden = what is later. To the memory: "
        "source = memory as it is, hidden = its padding. Then one loop over three pairs of norm and sublayer.",
        "for norm, f in ((norm1, causal self-attention), (norm2, attention to memory), (norm3, network)): y = y + f(norm(y)) if norm_first else norm(y + f(y)). The causal mask is np.triu(ones, 1) = hidden, (t, t); padding "
        "is memory_padding[:, None, None, :]. Neither is for the other attention.",
    ),
)  # fmt: skip
