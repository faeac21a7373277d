"""The transformer's encoder layer, pre- and post-norm: what an answer must do, and what it costs.

Sources: Vaswani et al. 2017, section 3.1, https://arxiv.org/abs/1706.03762; Xiong et al. 2020,
https://arxiv.org/abs/2002.04745.
Where these leave something open, it is as torch.nn.TransformerEncoderLayer does it.

Sizes: b sequences of t tokens, heads of `width` entries each, so d = heads * width; ff hidden units in the network.
"""

import math

import numpy as np

from harness.spec import Ban, Convention, Cost, Equivalent, Exercise, Mistake, Policy, Timing, case, holds

# --- the oracle, in float64: a sequence, a head and a token at a time ------------------------------------------------


def layer_norm(x, weight, bias):
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5) * weight + bias


def attention(x, state, heads, real):
    """Multi-head attention of one sequence x (t, d) to those of its tokens that are real, as a sum over heads."""
    d = x.shape[1]
    q, k, v = (x @ w.T + c for w, c in zip(np.split(state["self_attn.in_proj_weight"], 3), np.split(state["self_attn.in_proj_bias"], 3), strict=True))  # fmt: skip
    out = np.zeros(x.shape) + state["self_attn.out_proj.bias"]
    for own in np.split(np.arange(d), heads) if real.any() else ():
        scores = q[:, own] @ k[real][:, own].T / np.sqrt(len(own))
        terms = np.exp(scores - scores.max(axis=1, keepdims=True))
        means = terms @ v[real][:, own] / terms.sum(axis=1, keepdims=True)
        out += means @ state["self_attn.out_proj.weight"][:, own].T
    return out


def gelu(x):
    return x * np.vectorize(lambda y: 0.5 + math.erf(y / 2**0.5) / 2, otypes=[float])(x)


def tanh_gelu(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def network(x, state, act, gelu=gelu):
    hidden = x @ state["linear1.weight"].T + state["linear1.bias"]
    hidden = np.maximum(hidden, 0) if act == "relu" else gelu(hidden)
    return hidden @ state["linear2.weight"].T + state["linear2.bias"]


def encoder_layer(x, state, heads, norm_first=False, act="relu", key_padding=None, gelu=gelu):
    """Oracle."""
    norm1, norm2 = ((state[f"{name}.weight"], state[f"{name}.bias"]) for name in ("norm1", "norm2"))
    real = np.ones(x.shape[:2], bool) if key_padding is None else ~key_padding
    out = np.zeros(x.shape)
    for i, tokens in enumerate(x):
        if norm_first:
            y = tokens + attention(layer_norm(tokens, *norm1), state, heads, real[i])
            out[i] = y + network(layer_norm(y, *norm2), state, act, gelu)
        else:
            y = layer_norm(tokens + attention(tokens, state, heads, real[i]), *norm1)
            out[i] = layer_norm(y + network(y, state, act, gelu), *norm2)
    return out


def with_tanh_gelu(**inputs):
    return encoder_layer(**inputs, gelu=tanh_gelu)


def true_is_a_token(x, key_padding=None, **others):
    return encoder_layer(x, key_padding=None if key_padding is None else ~key_padding, **others)


def the_other_order(norm_first=False, **others):
    return encoder_layer(norm_first=not norm_first, **others)


# --- inputs ----------------------------------------------------------------------------------------------------------


def numbers(rng, *shape):
    """Variance 1 and bounded, so that no case is peaked by accident."""
    return rng.uniform(-(3**0.5), 3**0.5, shape)


def draw_state(rng, d, ff):
    """Parameters under torch's names; norms away from 1 and 0, which would hide a norm that is missing or exchanged."""
    shapes = {
        "self_attn.in_proj_weight": (3 * d, d), "self_attn.in_proj_bias": (3 * d,),
        "self_attn.out_proj.weight": (d, d), "self_attn.out_proj.bias": (d,),
        "linear1.weight": (ff, d), "linear1.bias": (ff,), "linear2.weight": (d, ff), "linear2.bias": (d,),
    }  # fmt: skip
    state = {
        name: numbers(rng, *shape) / max(shape[-1] if len(shape) == 2 else 4, 1) ** 0.5
        for name, shape in shapes.items()
    }
    for name in ("norm1", "norm2"):
        state |= {f"{name}.weight": rng.uniform(0.5, 1.5, d), f"{name}.bias": numbers(rng, d) / 2}
    return state


def inputs(rng, b=2, t=5, heads=2, width=4, ff=12, norm_first=None, act=None, padding=None, kind="normal"):
    """Random arguments; what is None is left out, which tests the defaults."""
    d = heads * width
    x = numbers(rng, b, t, d)
    if kind == "constant rows":
        x[:, ::2] = 2.0
    if kind == "small":
        x *= 2.0**-10
    given = {"x": x, "state": draw_state(rng, d, ff), "heads": heads}
    if kind == "far":  # all scores are 64 * 64 * width / sqrt(width), whatever x is
        given["state"]["self_attn.in_proj_weight"][: 2 * d] = 0.0
        given["state"]["self_attn.in_proj_bias"][: 2 * d] = 64.0
    given |= {name: value for name, value in {"norm_first": norm_first, "act": act}.items() if value is not None}
    if padding is not None:
        hidden = rng.random((b, t)) < 0.4
        hidden[:, :1], hidden[:1, -1:] = False, t > 1
        hidden[-1:] |= padding == "a whole sequence"
        given["key_padding"] = hidden
    return given


CASES = (
    case("post-norm", why="norm(x + sublayer(x)): the paper's"),
    case("pre-norm", norm_first=True, why="x + sublayer(norm(x))"),
    case("post-norm with gelu", act="gelu", ff=20, why="the exact one, with erf"),
    case("pre-norm with gelu", norm_first=True, act="gelu", ff=20),
    case("post-norm with padding", padding="some", why="nobody attends to padding"),
    case("pre-norm with padding", norm_first=True, padding="some", b=3),
    case("one head", heads=1, width=6, norm_first=True),
    case("heads of width 1", heads=8, width=1),
    case("all sizes equal", b=8, t=8, heads=2, width=4, ff=8, norm_first=True, why="here a wrong axis raises no error"),
    case("one token", t=1, ff=9),
    case("a network narrower than the layer", ff=3, norm_first=True),
    case("relu asked for", act="relu", b=1, t=9, norm_first=False),
    case(
        "rows of equal entries",
        kind="constant rows",
        norm_first=True,
        mark="robust",
        why="no deviation: eps keeps it from 0/0",
    ),
    case(
        "small numbers", kind="small", norm_first=True, mark="robust", why="a variance below eps tells where eps stands"
    ),
    case(
        "nothing but padding",
        padding="a whole sequence",
        mark="robust",
        why="no keys: attention gives its last bias, not nan",
    ),
    case("long", b=1, t=67, heads=4, norm_first=True, padding="some", mark="robust", why="more tokens than in a tile"),
    case(
        "scores of thousands",
        kind="far",
        padding="some",
        mark="robust",
        why="exp overflows unless shifted; all scores are alike and exact, so that every type gets them right",
    ),
    case("no batch", b=0, mark="robust", why="an empty batch comes back empty"),
    case(
        "an unknown activation",
        act="rleu",
        raises=("ValueError",),
        mark="robust",
        why="a typing error must not pick one",
    ),
)


# --- properties ------------------------------------------------------------------------------------------------------


def the_order_of_the_tokens_only_orders_the_outputs(answer, x, check):
    """Without positions, reversing the tokens reverses the outputs and changes nothing else."""
    for norm_first in (False, True):
        turned = answer(**x | {"x": np.ascontiguousarray(x["x"][:, ::-1])}, norm_first=norm_first)
        check.close(
            turned, answer(**x, norm_first=norm_first)[:, ::-1], f"reversed, norm_first={norm_first}", slack=2.0
        )


def padding_has_no_influence_on_tokens(answer, x, check):
    """What stands in the padding, be it 1e15, changes no output of a token."""
    padding = x["key_padding"]
    garbage = np.where(padding[..., None], 1e15 * np.sign(x["x"]), x["x"]).astype(check.dtype)
    for norm_first in (False, True):
        got, clean = (answer(**x | {"x": y}, norm_first=norm_first)[~padding] for y in (garbage, x["x"]))
        check.close(got, clean, f"the tokens beside padding of 1e15, norm_first={norm_first}", slack=2.0)


def sequences_do_not_see_each_other(answer, x, check):
    """Each sequence of a batch gives what it gives alone."""
    check.close(answer(**x | {"x": x["x"][1:2]}), answer(**x)[1:2], "the second sequence by itself", slack=2.0)


def pre_norm_hands_through_what_is_added_to_a_row(answer, x, check):
    """With pre-norm, adding 1 to all entries of a token adds 1 to its outputs: norms do not see it,
    and the skip keeps it."""
    check.close(answer(**x | {"x": x["x"] + 1}), answer(**x) + 1, "after adding 1 to x", slack=4.0)


def post_norm_ends_in_a_norm(answer, x, check):
    """With post-norm, each output, less norm2's bias and divided by its weight, has mean 0."""
    state = {name: value.astype(np.float64) for name, value in x["state"].items()}
    rows = (answer(**x) - state["norm2.bias"]) / state["norm2.weight"]
    bound = 512 * np.finfo(check.dtype).eps
    check.true((np.abs(rows.mean(axis=-1)) <= bound).all(), "a row has another mean than norm2 gives")


def without_attention_tokens_do_not_meet(answer, x, check):
    """With an attention that returns 0, changing one token changes only its own output:
    the network works on each by itself."""
    state = x["state"] | {
        f"self_attn.out_proj.{name}": 0 * x["state"][f"self_attn.out_proj.{name}"] for name in ("weight", "bias")
    }
    changed = x["x"].copy()
    changed[:, 1] += np.arange(x["x"].shape[-1]).astype(check.dtype)
    got, before = (answer(**x | {"x": y, "state": state}) for y in (changed, x["x"]))
    check.close(got[:, [0, 2]], before[:, [0, 2]], "the outputs of the other tokens", slack=2.0)
    check.true(np.abs(got[:, 1] - before[:, 1]).max() > 0.01, "the changed token gives what it gave before")


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, b, t, heads, width, ff, **_):
    """Four projections, the network, two products a head, and about five operations a score;
    parameters and x read, result written."""
    d = heads * width
    flops = b * t * (8 * d * d + 4 * d * ff) + 4 * b * t * t * d + 5 * b * heads * t * t
    return Cost(flops, itemsize * (4 * d * d + 2 * d * ff + 9 * d + ff + 2 * b * t * d))


BLOCK = case("512 tokens, width 128, 8 heads", b=1, t=512, heads=8, width=16, ff=256, norm_first=True)
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
    name="encoder_layer",
    inputs=inputs,
    cases=CASES,
    oracle=encoder_layer,
    properties=(
        the_order_of_the_tokens_only_orders_the_outputs,
        holds(padding_has_no_influence_on_tokens, padding="some"),
        sequences_do_not_see_each_other,
        holds(pre_norm_hands_through_what_is_added_to_a_row, norm_first=True),
        post_norm_ends_in_a_norm,
        holds(without_attention_tokens_do_not_meet, norm_first=True),
    ),
    conventions=(
        Convention("GELU by tanh; asked is the exact one, by erf", with_tanh_gelu),
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
        earns=("torch.nn.TransformerEncoderLayer",),
        uses=("softmax", "attention", "multi_head_attention", "layer_norm"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("always post-norm", "    if norm_first:", "    if norm_first is None:", caught_by="pre-norm"),
        Mistake("always pre-norm", "    if norm_first:", "    if True:", caught_by="post-norm"),
        Mistake("pre-norm: the skip starts at the normalized input", "y = x + _attention(_norm(x, state, \"norm1\"),", "x = _norm(x, state, \"norm1\")\n        y = x + _attention(x,", caught_by="pre-norm"),
        Mistake("pre-norm: the second skip starts at the normalized input", "return y + _network(_norm(y,", "return _norm(y, state, \"norm2\") + _network(_norm(y,", caught_by="pre-norm"),
        Mistake("pre-norm: the second skip starts at x", "return y + _network(", "return x + _network(", caught_by="pre-norm"),
        Mistake("pre-norm: no norm before the network", "_network(_norm(y, state, \"norm2\"), state, act)", "_network(y, state, act)", caught_by="pre-norm"),
        Mistake("pre-norm: a norm at the end as well", "return y + _network(_norm(y, state, \"norm2\"), state, act)", "return _norm(y + _network(_norm(y, state, \"norm2\"), state, act), state, \"norm2\")", caught_by="pre-norm"),
        Mistake("pre-norm: norms exchanged", "_network(_norm(y, state, \"norm2\")", "_network(_norm(y, state, \"norm1\")", caught_by="pre-norm"),
        Mistake("post-norm: no skip around attention", "y = _norm(x + _attention(x,", "y = _norm(_attention(x,", caught_by="post-norm"),
        Mistake("post-norm: no skip around the network", "return _norm(y + _network(y,", "return _norm(_network(y,", caught_by="post-norm"),
        Mistake("post-norm: the second skip starts at x", "return _norm(y + _network(y,", "return _norm(x + _network(y,", caught_by="post-norm"),
        Mistake("post-norm: norms exchanged", "_network(y, state, act), state, \"norm2\")", "_network(y, state, act), state, \"norm1\")", caught_by="post-norm"),
        Mistake("post-norm: the norm inside of the skip", "y = _norm(x + _attention(x, state, heads, key_padding), state, \"norm1\")", "y = x + _norm(_attention(x, state, heads, key_padding), state, \"norm1\")", caught_by="post-norm"),
        Mistake("GELU by tanh", "erf(x / math.sqrt(2)).astype(x.dtype)", "np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))", caught_by="pre-norm with gelu"),
        Mistake("GELU by the logistic function", "return x * (1 + erf(x / math.sqrt(2)).astype(x.dtype)) / 2", "return x / (1 + np.exp(-1.702 * x))", caught_by="pre-norm with gelu"),
        Mistake("GELU without the root of 2", "erf(x / math.sqrt(2))", "erf(x)", caught_by="pre-norm with gelu"),
        Mistake("an unknown activation is taken for GELU", "    if act == \"gelu\":", "    if act != \"relu\":", caught_by="an unknown activation"),
        Mistake("no activation", "return np.maximum(x, 0)", "return x", caught_by="post-norm"),
        Mistake("relu after the second map too", "_linear(_activation(_linear(x, state, \"linear1\"), act), state, \"linear2\")", "_activation(_linear(_activation(_linear(x, state, \"linear1\"), act), state, \"linear2\"), act)", caught_by="pre-norm"),
        Mistake("the network has no biases", "return x @ state[f\"{name}.weight\"].T + state[f\"{name}.bias\"]", "return x @ state[f\"{name}.weight\"].T", caught_by="post-norm"),
        Mistake("eps outside of the root", "np.sqrt(variance + 1e-5)", "(np.sqrt(variance) + 1e-5)", caught_by="small numbers"),
        Mistake("eps of 1e-6", "variance + 1e-5", "variance + 1e-6", caught_by="small numbers"),
        Mistake("no eps", "variance + 1e-5", "variance", caught_by="rows of equal entries"),
        Mistake("the unbiased variance", "np.mean(centred**2, axis=-1, keepdims=True)", "np.sum(centred**2, axis=-1, keepdims=True) / (x.shape[-1] - 1)", caught_by="pre-norm"),
        Mistake("norms over the tokens too", "centred = x - x.mean(axis=-1, keepdims=True)\n    variance = np.mean(centred**2, axis=-1, keepdims=True)", "centred = x - x.mean(axis=(-2, -1), keepdims=True)\n    variance = np.mean(centred**2, axis=(-2, -1), keepdims=True)", caught_by="pre-norm"),
        Mistake("norms without weight", "* state[f\"{name}.weight\"] + state[f\"{name}.bias\"]\n\n\ndef _weights", "+ state[f\"{name}.bias\"]\n\n\ndef _weights", caught_by="pre-norm"),
        Mistake("padding is attended to", "None if key_padding is None else key_padding[:, None, None, :]", "None", caught_by="pre-norm with padding"),
        Mistake("only padding is attended to", "np.where(hidden, -np.inf, scores)", "np.where(hidden, scores, -np.inf)", caught_by="pre-norm with padding"),
        Mistake("padding is hidden as a query", "key_padding[:, None, None, :]", "key_padding[:, None, :, None]", caught_by="pre-norm with padding"),
        Mistake("-1e9 for minus infinity", "np.where(hidden, -np.inf, scores)", "np.where(hidden, -1e9, scores).astype(scores.dtype)", caught_by="nothing but padding"),
        Mistake("exp without a shift", "np.exp(scores - np.where(top == -np.inf, 0, top))", "np.exp(scores)", caught_by="scores of thousands"),
        Mistake("nan where all is padding", "np.exp(scores - np.where(top == -np.inf, 0, top))", "np.exp(scores - top)", caught_by="nothing but padding"),
        Mistake("split by reshape alone, which mixes tokens and heads", "x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)", "x.reshape(b, heads, t, d // heads)", caught_by="post-norm"),
        Mistake("joined by reshape alone", "(weights @ v).transpose(0, 2, 1, 3).reshape(x.shape)", "(weights @ v).reshape(x.shape)", caught_by="post-norm"),
        Mistake("scale from d", "math.sqrt(d // heads)", "math.sqrt(d)", caught_by="post-norm"),
        Mistake("no last projection", "return _linear((weights @ v).transpose(0, 2, 1, 3).reshape(x.shape), state, \"self_attn.out_proj\")", "return (weights @ v).transpose(0, 2, 1, 3).reshape(x.shape)", caught_by="post-norm"),
    ),
    equivalent=(
        Equivalent("_weights", "terms = np.exp(scores - np.where(top == -np.inf, 0, top))", "terms = np.exp(scores - np.where(top == -np.inf, 1, top))", "only where nothing is seen, and exp(-inf - 1) is 0 as exp(-inf) is"),
        Equivalent("_attention", "scores = q @ k.swapaxes(-1, -2) / math.sqrt(d // heads)", "scores = q @ k.swapaxes(-1, -2) / math.sqrt(d / heads)", "heads divides d"),
        Equivalent("_attention", "scores = q @ k.swapaxes(-1, -2) / math.sqrt(d // heads)", "scores = q @ k.swapaxes(-2, -1) / math.sqrt(d // heads)", "exchanging two axes has no order"),
        Equivalent("_attention", "scores = q @ k.swapaxes(-1, -2) / math.sqrt(d // heads)", "scores = q @ k.swapaxes(-1, 2) / math.sqrt(d // heads)", "of four axes, axis 2 is axis -2"),
    ),
    hints=(
        "Draw the layer twice, once with each order, as a line from x to the result with two branches that leave it and come back. Where on the line or in the branch is each norm?",
        "Write four small functions first: a linear map by its name in the state, a norm by its name, attention, the network. Then each order is two lines. In post-norm what goes on is the "
        "normalized sum; in pre-norm the line itself is never normalized, and the second skip starts where the first came back.",
        "pre: y = x + attention(norm1(x)); y + network(norm2(y)). post: y = norm1(x + attention(x)); norm2(y + network(y)). Attention is your multi_head_attention with q = k = v and "
        "the mask ~key_padding[:, None, None, :]. GELU needs erf: math.erf, entry by entry (numpy has none), or torch.erf.",
    ),
)  # fmt: skip
