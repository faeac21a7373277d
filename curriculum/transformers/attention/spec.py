"""Scaled dot-product attention and its gradient: what an answer must do, and what it costs.

Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762

Sizes: g, b, h leading axes (left out where None), n queries, m keys (as many as queries where None), d the width of q and k,
e the width of v. Hidden means: the mask is False there.
"""

import numpy as np

from harness.spec import Ban, Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds


def weights_of(q, k, mask, scale):
    """Softmax over the allowed keys, in float64; a query without any has weights of zero."""
    scores = np.einsum("...nd,...md->...nm", q, k, optimize=True) * (q.shape[-1] ** -0.5 if scale is None else scale)
    allowed = np.broadcast_to(True if mask is None else mask, scores.shape)
    top = np.max(scores, axis=-1, keepdims=True, where=allowed, initial=-np.inf)
    terms = np.exp(np.where(allowed, scores - top, -np.inf))
    return terms / np.maximum(
        terms.sum(axis=-1, keepdims=True), 1.0
    )  # the largest term is 1, so only an empty sum is below


def attention(q, k, v, mask=None, scale=None):
    """Oracle: each output is the mean of the values under its query's weights."""
    return weights_of(q, k, mask, scale) @ v


def attention_backward(dout, q, k, v, mask=None, scale=None):
    """Oracle: back through out = W v, W = softmax(S), S = scale q k^T, one after the other."""
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    w = weights_of(q, k, mask, scale)
    dv = np.einsum("...nm,...ne->...me", w, dout)
    dw = np.einsum("...ne,...me->...nm", dout, v)
    ds = w * (dw - np.sum(w * dw, axis=-1, keepdims=True))
    return scale * np.einsum("...nm,...md->...nd", ds, k), scale * np.einsum("...nm,...nd->...md", ds, q), dv


def true_hides(q, k, v, mask=None, scale=None):
    """The convention of torch's key_padding_mask."""
    return attention(q, k, v, None if mask is None else ~mask, scale)


def nan_for_an_empty_row(q, k, v, mask=None, scale=None):
    """What softmax alone says of a query without keys."""
    empty = False if mask is None else ~mask.any(axis=-1, keepdims=True)
    return np.where(empty, np.nan, attention(q, k, v, mask, scale))


def mean_for_an_empty_row(q, k, v, mask=None, scale=None):
    """What a large finite number in the place of minus infinity gives."""
    empty = False if mask is None else ~mask.any(axis=-1, keepdims=True)
    return np.where(empty, v.mean(axis=-2, keepdims=True), attention(q, k, v, mask, scale))


# --- inputs ---------------------------------------------------------------------------------------------------


def draw_mask(rng, kind, lead, n, m):
    """Boolean mask of that kind; all but 'a query without keys' leave every query at least key 0."""
    if kind == "causal":
        return np.tril(np.ones((n, m), dtype=bool))
    if kind == "last keys hidden":  # key 0 stays, as do the keys of the first half
        return np.arange(m)[None, :] <= m // 2
    shape = {
        "one for all": (n, m),
        "one row": (1, m),
        "each its own": (*lead, n, m),
        "padding": (*lead[:1], *[1] * len(lead), m),
    }
    mask = rng.random(shape.get(kind, (n, m))) < 0.6
    mask[..., 0] = True
    if kind == "a query without keys":
        mask[:1] = False
    return mask


def numbers(rng, *shape):
    """Variance 1 and bounded. With normal draws 1 gradient in 1,000 had 10 times the usual rounding error."""
    return rng.uniform(-(3**0.5), 3**0.5, shape)


def inputs(rng, g=None, b=2, h=3, n=5, m=7, d=4, e=3, mask=None, scale=None, stretch=1.0, kind="normal"):
    """Random arguments. `kind` says what is special; mask and scale are left out where None, which tests the default."""
    lead, m = tuple(size for size in (g, b, h) if size is not None), n if m is None else m
    q = stretch * numbers(rng, *lead, n, d)
    k, v = numbers(rng, *lead, m, d), numbers(rng, *lead, m, e)
    # Whole numbers give scores that are exact in float32 too. With rounded scores of 1e4, where float32 has steps of 1e-3,
    # a right answer that adds in another order would differ in the third digit.
    if kind == "far apart":
        q, k = 50.0 * rng.integers(-2, 3, q.shape), 50.0 * rng.integers(-2, 3, k.shape)
    if kind == "far below zero":
        q, k = rng.integers(-2, 3, q.shape) - 100.0, rng.integers(-2, 3, k.shape) + 100.0
    x = {"q": q, "k": k, "v": v}
    if mask is not None:
        x["mask"] = draw_mask(rng, mask, lead, n, m)
    if kind in ("garbage", "overflow"):  # along the first query, so that its score is as high as can be
        hidden = np.broadcast_to(~x["mask"], (*lead, 1, m))[..., 0, :, None]
        direction = np.sign(q[..., :1, :]) + (q[..., :1, :] == 0)
        x["k"] = np.where(hidden, direction * (1e30 if kind == "garbage" else 3e38), k)
        x["v"] = np.where(hidden, 1e30, v)
    return x | ({} if scale is None else {"scale": scale})


def backward_inputs(rng, **sizes):
    x = inputs(rng, **sizes)
    return {"dout": numbers(rng, *x["q"].shape[:-1], x["v"].shape[-1])} | x


ORDINARY = (
    case("batch and heads", why="two leading axes: only the last two of k are to be swapped"),
    case("one matrix", b=None, h=None, n=9, m=11, why="no leading axes at all"),
    case("batch only", h=None, b=3, n=3, m=4),
    case("three leading axes", g=2, b=3, h=2, n=3, m=4),
    case(
        "as many keys as queries", n=6, m=None, d=6, e=6, why="equal sizes: here a wrong transposition raises no error"
    ),
    case("more keys than queries", n=2, m=11, why="decoding: few new queries, many old keys"),
    case("values wider than keys", d=2, e=9, why="the scale comes from d, not from e"),
    case("scale given", scale=0.3),
    case("causal", n=6, m=None, mask="causal", why="query i may attend to keys 0 to i"),
    case("one mask for all", mask="one for all"),
    case("a mask for each head", mask="each its own"),
    case("padding of each sentence", b=3, mask="padding", why="a mask (b, 1, 1, m) broadcasts over heads and queries"),
    case("a mask of one row", b=None, h=None, n=9, m=11, mask="one row"),
    case("peaked", stretch=1.5, why="a few keys hold nearly all the weight"),
)
EMPTY_ROW = case(
    "a query without keys", mask="a query without keys", mark="robust", why="nothing to attend to: zeros, not nan"
)
LONG = case(
    "long", b=None, h=None, n=257, m=521, d=8, mask="one for all", mark="robust", why="more than one tile of it"
)
NO_QUERIES = case("no queries", n=0, mark="robust", why="an empty block comes back empty")
NO_BATCH = case("no batch", b=0, mark="robust", why="an empty batch comes back empty")
EDGES = (
    EMPTY_ROW, LONG, NO_QUERIES, NO_BATCH,
    case("one key", m=1, mark="robust", why="the only key has weight 1, whatever its score is"),
    case("scale 0", scale=0.0, mark="robust", why="0 is a number, not None: the plain mean of the values"),
    case("scores of tens of thousands", kind="far apart", scale=1.0, mark="robust", why="exp overflows unless shifted"),
    case("scores below -10,000", kind="far below zero", mask="one for all", scale=1.0, mark="robust", why="-10,000 is not minus infinity"),
    case("hidden keys hold 1e30", kind="garbage", mask="last keys hidden", mark="robust", why="what is hidden has no influence"),
    case("hidden keys overflow", kind="overflow", mask="last keys hidden", mark="robust", why="nor if its score is inf in float32"),
)  # fmt: skip


# --- properties -----------------------------------------------------------------------------------------------


def values_of_one_give_one(answer, x, check):
    """The weights of each query sum to one, so values of one give outputs of one."""
    check.close(
        answer(**x | {"v": np.ones_like(x["v"])}), np.ones((*x["q"].shape[:-1], x["v"].shape[-1])), "the output"
    )


def the_order_of_the_keys_does_not_matter(answer, x, check):
    """Attention reads a set: reversing keys, values and mask together changes nothing."""
    turned = {"k": x["k"][..., ::-1, :], "v": x["v"][..., ::-1, :], "mask": x["mask"][..., ::-1]}
    check.close(answer(**x | turned), answer(**x), "with the keys in reverse order")


def queries_do_not_see_each_other(answer, x, check):
    """Reversing the queries reverses the outputs and changes nothing else."""
    check.close(
        answer(**x | {"q": x["q"][..., ::-1, :]}), answer(**x)[..., ::-1, :], "with the queries in reverse order"
    )


def heads_do_not_see_each_other(answer, x, check):
    """Each matrix of a batch gives what it gives alone."""
    alone = {name: x[name][1:2] for name in ("q", "k", "v")}
    check.close(answer(**x | alone), answer(**x)[1:2], "the second of the batch by itself")


def gradients_of_the_keys_sum_to_zero(answer, x, check):
    """Moving all keys by the same vector changes no weight, so dk sums to zero over the keys."""
    dk = answer(**x)[1]
    bound = 64 * np.finfo(check.dtype).eps * np.abs(dk).sum(axis=-2)
    check.true((np.abs(dk.sum(axis=-2)) <= bound).all(), "dk does not sum to zero over the keys")


def values_pass_on_all_of_the_gradient(answer, x, check):
    """The weights of each query sum to one, so dv summed over the keys is dout summed over the queries."""
    check.close(answer(**x)[2].sum(axis=-2), x["dout"].sum(axis=-2), "the sum of dv over the keys", slack=4.0)


def hidden_keys_give_and_get_no_gradient(answer, x, check):
    """What stands in a hidden key changes no gradient, and its own gradient is zero."""
    hidden = np.broadcast_to(~x["mask"][..., None], (*x["k"].shape[:-1], 1)[-x["k"].ndim :])
    garbage = {name: np.where(hidden, x[name].dtype.type(1e30), x[name]) for name in ("k", "v")}
    for name, clean, got in zip(("dq", "dk", "dv"), answer(**x), answer(**x | garbage), strict=True):
        check.close(got, clean, f"{name} with 1e30 in the hidden keys")
        check.true(name == "dq" or (np.where(hidden, got, 0) == 0).all(), f"{name} of a hidden key is not zero")


# --- speed ----------------------------------------------------------------------------------------------------


def cost(itemsize, n, m, d, e, b=1, h=1, **_):
    """Two products, and about five operations a score for the softmax; each array read or written once."""
    m = n if m is None else m
    return Cost(2 * b * h * n * m * (d + e) + 5 * b * h * n * m, itemsize * b * h * (n * d + m * d + m * e + n * e))


def backward_cost(itemsize, n, m, d, e, b=1, h=1, **_):
    """Five products in the place of two, hence two and a half times the forward's operations."""
    m = n if m is None else m
    forward = cost(itemsize, n, m, d, e, b, h)
    return Cost(2.5 * forward.flops, 2 * forward.bytes_moved)


BLOCK = case("512 tokens, 8 heads of 64", b=2, h=8, n=512, m=None, d=64, e=64)
DECODE = case("one query, 8,192 keys", b=1, h=8, n=1, m=8192, d=128, e=128)
SDPA = {"torch": "torch.nn.functional.scaled_dot_product_attention(q, k, v)"}
FASTEST = {"numpy": "blocked.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"}


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "attention",
            inputs,
            (*ORDINARY, *EDGES),
            oracle=attention,
            properties=(
                holds(values_of_one_give_one, mask="one for all"),
                holds(the_order_of_the_keys_does_not_matter, mask="each its own"),
                queries_do_not_see_each_other,
                heads_do_not_see_each_other,
            ),
            conventions=(
                Convention("True hides a key instead of showing it", true_hides),
                Convention("a query without keys gives nan", nan_for_an_empty_row),
                Convention("a query without keys gives the mean of all values", mean_for_an_empty_row),
            ),
        ),
        Part(
            "attention_backward",
            backward_inputs,
            (*ORDINARY, EMPTY_ROW, LONG, NO_QUERIES, NO_BATCH),
            oracle=attention_backward,
            gradient_of="attention",
            wrt=("q", "k", "v"),
            properties=(
                gradients_of_the_keys_sum_to_zero,
                values_pass_on_all_of_the_gradient,
                holds(hidden_keys_give_and_get_no_gradient, mask="last keys hidden"),
            ),
        ),
    ),
    timings=(
        Timing(BLOCK, cost, part="attention", scaling="n", yardstick=FASTEST, library=SDPA),
        Timing(DECODE, cost, part="attention", yardstick=FASTEST | {"numpy": "reference.py"}, library=SDPA),
        Timing(BLOCK, backward_cost, part="attention_backward", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@autograd", "xformers", "flash_attn",
            "torch.nn.functional.scaled_dot_product_attention", "torch.nn.attention", "torch.nn.MultiheadAttention",
            "torch.nn.functional.multi_head_attention_forward",
            Ban("torch.softmax", unless_earned="softmax"), Ban("torch.logsumexp", unless_earned="softmax"),
            Ban("torch.Tensor.softmax", unless_earned="softmax"), Ban("torch.Tensor.logsumexp", unless_earned="softmax"),
            Ban("torch.nn.functional.softmax", unless_earned="softmax"), Ban("torch.special.softmax", unless_earned="softmax"),
        ),
        earns=("torch.nn.functional.scaled_dot_product_attention",),
        uses=("softmax",),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("k.T swaps all axes", "xp.matrix_transpose(k)", "k.T", caught_by="attention/batch and heads"),
        Mistake(
            "softmax over the queries",
            "    terms = xp.exp(scores - top)\n    total = xp.sum(terms, axis=-1, keepdims=True)",
            "    terms = xp.exp(scores - xp.max(scores, axis=-2, keepdims=True))\n    total = xp.sum(terms, axis=-2, keepdims=True)",
            caught_by="attention/batch and heads",
        ),
        Mistake("scaled by 1/d", "q.shape[-1] ** -0.5", "q.shape[-1] ** -1.0", caught_by="attention/batch and heads"),
        Mistake("scaled by the number of queries", "q.shape[-1] ** -0.5", "q.shape[-2] ** -0.5", caught_by="attention/more keys than queries"),
        Mistake("not scaled", "q.shape[-1] ** -0.5", "1.0", caught_by="attention/batch and heads"),
        Mistake("scale is ignored", " if scale is None else scale", "", caught_by="attention/scale given"),
        Mistake("scale 0 taken for none", "if scale is None else", "if not scale else", caught_by="attention/scale 0"),
        Mistake("mask is ignored", "if mask is not None:", "if False:", caught_by="attention/causal"),
        Mistake("mask upside down", "xp.where(mask, scores, -xp.inf)", "xp.where(mask, -xp.inf, scores)", caught_by="attention/causal"),
        Mistake(
            "mask after the softmax",
            "scores = xp.where(mask, scores, -xp.inf)",
            "return _weights(xp, q, k, None, scale) * mask",
            caught_by="attention/causal",
        ),
        Mistake(
            "mask after the exp, maximum over hidden keys too",
            "    terms = xp.exp(scores - top)",
            "    scores = scale * xp.matmul(q, xp.matrix_transpose(k))\n    terms = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))\n"
            "    terms = terms if mask is None else terms * mask",
            caught_by="attention/hidden keys hold 1e30",
        ),
        Mistake("-10,000 for minus infinity", "scores, -xp.inf)", "scores, -1e4)", caught_by="attention/scores below -10,000"),
        Mistake("-1e9 for minus infinity", "scores, -xp.inf)", "scores, -1e9)", caught_by="attention/a query without keys"),
        Mistake(
            "-1e9 added",
            "scores = xp.where(mask, scores, -xp.inf)",
            "scores = scores + xp.where(mask, 0.0, -1e9).astype(scores.dtype)",
            caught_by="attention/hidden keys hold 1e30",
        ),
        Mistake(
            "-inf added",
            "scores = xp.where(mask, scores, -xp.inf)",
            "scores = scores + xp.where(mask, 0.0, -xp.inf).astype(scores.dtype)",
            caught_by="attention/hidden keys overflow",
        ),
        Mistake("no guard for a query without keys", "xp.where(top == -xp.inf, 0.0, top)", "top", caught_by="attention/a query without keys"),
        Mistake("0/0 for a query without keys", "xp.where(total == 0, 1.0, total)", "total", caught_by="attention/a query without keys"),
        Mistake("no maximum subtracted", "xp.exp(scores - top)", "xp.exp(scores)", caught_by="attention/scores of tens of thousands"),
        Mistake("one maximum for all", "xp.max(scores, axis=-1, keepdims=True)", "xp.max(scores)", caught_by="attention/scores of tens of thousands"),
        Mistake("1e-6 in the denominator", "xp.where(total == 0, 1.0, total)", "(total + 1e-6)", caught_by="attention/batch and heads"),
        Mistake("softmax backward without the mean", "(dweights - mean)", "dweights", caught_by="attention_backward/batch and heads"),
        Mistake("softmax backward with the diagonal only", "(dweights - mean)", "(1 - weights) * dweights", caught_by="attention_backward/batch and heads"),
        Mistake("dq without the scale", "dq = scale *", "dq = 1.0 *", caught_by="attention_backward/batch and heads"),
        Mistake("dk without the scale", "dk = scale *", "dk = 1.0 *", caught_by="attention_backward/batch and heads"),
        Mistake("dv not transposed", "xp.matrix_transpose(weights)", "weights", caught_by="attention_backward/as many keys as queries"),
        Mistake("dk not transposed", "xp.matrix_transpose(dscores)", "dscores", caught_by="attention_backward/as many keys as queries"),
    ),
    equivalent=(
        Equivalent(
            "_weights",
            "top = xp.where(top == -xp.inf, 0.0, top)",
            "top = xp.where(top == -xp.inf, 1.0, top)",
            "any finite number will do where nothing is allowed: exp(-inf - 1) is 0 too",
        ),
        Equivalent(
            "_weights",
            "return terms / xp.where(total == 0, 1.0, total)",
            "return terms / xp.where(total == 0, 2.0, total)",
            "where the total is 0 every term is 0, whatever divides it",
        ),
    ),
    hints=(
        "Write the shapes of q, k, v and of every result beside each line before you write the line. Which two axes of k change places, and which stay?",
        "Hide keys before the softmax, with minus infinity, so that they take part neither in the maximum nor in the sum. A row of only minus infinity needs "
        "a second look: what are its maximum and its sum? For the backward, name S, W = softmax(S) and O = W v, and go back through one at a time.",
        "dv = W^T dout; dW = dout v^T; dS = W * (dW - sum over the keys of W * dW); dq = scale * dS k; dk = scale * dS^T q. For an empty row use 0 in "
        "place of the maximum and 1 in place of the sum: all its weights are then exp(-inf) / 1 = 0.",
    ),
)  # fmt: skip
