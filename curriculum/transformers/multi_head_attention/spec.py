"""Multi-head attention, its weights and its gradient: what an answer must do, and what it costs.

Source: Vaswani et al. 2017, section 3.2.2, https://arxiv.org/abs/1706.03762; the layout of the parameters is torch's.

Sizes: b sequences, n queries, m keys (as many as queries where None), heads of `width` entries each,
so d = heads * width.
"""

import numpy as np

from harness.spec import Ban, Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: one head after the other; the output is a sum over heads -----------------------------------


def of_head(head, heads, in_proj, in_bias, out_proj):
    """The rows of in_proj and in_bias of one head for q, k and v, and its columns of out_proj."""
    d = in_proj.shape[1]
    own = np.arange(head * d // heads, (head + 1) * d // heads)
    return [(in_proj[i * d + own], in_bias[i * d + own]) for i in range(3)], out_proj[:, own]


def softmax(scores, allowed):
    """Over the last axis; a row without an allowed entry has weights of zero."""
    top = np.max(scores, axis=-1, keepdims=True, where=allowed, initial=-np.inf)
    terms = np.exp(np.where(allowed, scores - top, -np.inf))
    # the largest term is 1, so only an empty sum is below it
    return terms / np.maximum(terms.sum(axis=-1, keepdims=True), 1.0)


def transposed(x):
    return np.swapaxes(x, -1, -2)


def masks(mask, b, heads, n, m):
    return np.broadcast_to(True if mask is None else mask, (b, heads, n, m))


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    """Oracle: the weights of each head."""
    allowed = masks(mask, len(q), heads, q.shape[1], k.shape[1])
    weights = np.zeros(allowed.shape)
    for head in range(heads):
        ((wq, bq), (wk, bk), _), _ = of_head(head, heads, in_proj, in_bias, in_proj)
        scores = (q @ wq.T + bq) @ transposed(k @ wk.T + bk) / np.sqrt(len(wq))
        weights[:, head] = softmax(scores, allowed[:, head])
    return weights


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    """Oracle: each head sends its mean of the values through its own columns of out_proj; the results are added."""
    weights, out = head_weights(q, k, in_proj, in_bias, heads, mask), np.zeros(q.shape) + out_bias
    for head in range(heads):
        (_, _, (wv, bv)), wo = of_head(head, heads, in_proj, in_bias, out_proj)
        out += weights[:, head] @ (v @ wv.T + bv) @ wo.T
    return out


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    """Oracle: back through one head after the other; what all heads read adds up."""
    d, weights = q.shape[-1], head_weights(q, k, in_proj, in_bias, heads, mask)
    dx, din_proj, din_bias, dout_proj = [np.zeros(x.shape) for x in (q, k, v)], 0 * in_proj, 0 * in_bias, 0 * out_proj
    for head in range(heads):
        ((wq, bq), (wk, bk), (wv, bv)), wo = of_head(head, heads, in_proj, in_bias, out_proj)
        w, queries, keys, values = weights[:, head], q @ wq.T + bq, k @ wk.T + bk, v @ wv.T + bv
        dmeans = dout @ wo
        dw = dmeans @ transposed(values)
        ds = w * (dw - np.sum(w * dw, axis=-1, keepdims=True)) / np.sqrt(len(wq))
        dprojected = ds @ keys, transposed(ds) @ queries, transposed(w) @ dmeans
        own = np.arange(head * d // heads, (head + 1) * d // heads)
        dout_proj[:, own] = np.einsum("bne,bnw->ew", dout, w @ values, optimize=True)
        for i, (x, dy, matrix) in enumerate(zip((q, k, v), dprojected, (wq, wk, wv), strict=True)):
            dx[i] += dy @ matrix
            din_proj[i * d + own] = np.einsum("bnw,bnd->wd", dy, x, optimize=True)
            din_bias[i * d + own] = dy.sum(axis=(0, 1))
    return *dx, din_proj, din_bias, dout_proj, dout.sum(axis=(0, 1))


def true_hides(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    """The convention of torch.nn.MultiheadAttention."""
    return multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, None if mask is None else ~mask)


def weights_where_true_hides(q, k, in_proj, in_bias, heads, mask=None):
    return head_weights(q, k, in_proj, in_bias, heads, None if mask is None else ~mask)


def averaged_over_heads(q, k, in_proj, in_bias, heads, mask=None):
    """What torch.nn.MultiheadAttention returns unless told otherwise."""
    return head_weights(q, k, in_proj, in_bias, heads, mask).mean(axis=1)


# --- inputs ----------------------------------------------------------------------------------------------------------


def numbers(rng, *shape):
    """Variance 1 and bounded, so that no case is peaked by accident."""
    return rng.uniform(-(3**0.5), 3**0.5, shape)


def draw_mask(rng, kind, b, heads, n, m):
    """Boolean mask of that kind; all but 'a query without keys' leave every query at least key 0."""
    if kind == "causal":
        return np.tril(np.ones((n, m), dtype=bool))
    shapes = {
        "sentences": (b, 1, 1, m),
        "heads": (heads, n, m),
        "sentences and queries": (b, 1, n, m),
        "last keys": (b, 1, 1, m),
    }
    mask = rng.random(shapes.get(kind, (b, heads, n, m))) < 0.6
    if kind == "last keys":
        mask[...] = np.arange(m) <= m // 2
    mask[..., 0] = True
    if kind == "a query without keys":
        mask[..., :1, :] = False
    return mask


def weight_inputs(rng, b=2, n=5, m=7, heads=3, width=2, extra=0, mask=None, stretch=1.0, kind="normal"):
    """Arguments of head_weights. `extra` widens d so that the heads do not divide it."""
    d, m = heads * width + extra, n if m is None else m
    q, k, in_proj, in_bias = numbers(rng, b, n, d), numbers(rng, b, m, d), numbers(rng, 3 * d, d), numbers(rng, 3 * d)
    in_proj[: 2 * d] *= stretch / max(d, 1) ** 0.5
    in_proj[2 * d :] /= max(d, 1) ** 0.5
    if kind == "far apart":  # whole numbers: scores that are exact in float32 too, where steps near 1e4 are 1e-3
        q, k, in_proj, in_bias = (rng.integers(-4, 5, a.shape).astype(float) for a in (q, k, in_proj, in_bias))
    x = {"q": q, "k": k, "in_proj": in_proj, "in_bias": in_bias, "heads": heads}
    if mask is not None:
        x["mask"] = draw_mask(rng, mask, b, heads, n, m)
    if kind == "garbage":
        x["k"] = np.where(x["mask"][:, 0, 0, :, None], k, 1e15 * np.sign(k))
    return x


def inputs(rng, **sizes):
    x = weight_inputs(rng, **sizes)
    b, m, d = x["k"].shape
    v = numbers(rng, b, m, d)
    if sizes.get("kind") == "garbage":
        v = np.where(x["mask"][:, 0, 0, :, None], v, 1e15)
    out = {"out_proj": numbers(rng, d, d) / max(d, 1) ** 0.5, "out_bias": numbers(rng, d)}
    order = ("q", "k", "v", "in_proj", "in_bias", "out_proj", "out_bias", "heads", "mask")
    given = {**x, "v": v, **out}
    return {name: given[name] for name in order if name in given}


def backward_inputs(rng, **sizes):
    x = inputs(rng, **sizes)
    return {"dout": numbers(rng, *x["q"].shape)} | x


ORDINARY = (
    case("cross-attention", why="more keys than queries: keys and values come from other tokens"),
    case("one head", heads=1, width=5, why="attention between two projections"),
    case("heads of width 1", heads=4, width=1, why="each entry is a head of its own"),
    case(
        "as many queries as keys, heads and sequences",
        b=3,
        n=3,
        m=None,
        heads=3,
        width=3,
        why="here a wrong axis raises no error",
    ),
    case("wide heads", heads=2, width=9, n=3, m=4, why="the scale comes from the width of a head, not from d"),
    case("one query", b=3, n=1, m=6, why="decoding: one new query, many old keys"),
    case("causal", n=6, m=None, mask="causal"),
    case(
        "a mask for each sequence",
        b=3,
        mask="sentences",
        why="(b, 1, 1, m): as many heads as sequences, and not to be confused",
    ),
    case("a mask for each sequence and query", b=3, mask="sentences and queries", why="(b, 1, n, m)"),
    case("a mask for each head", b=3, mask="heads", why="(heads, n, m)"),
    case("a mask for each", mask="each"),
    case("peaked", stretch=2.5, why="a few keys hold nearly all the weight"),
)
UNEVEN = case(
    "heads do not divide d", extra=1, raises=("ValueError",), mark="robust", why="7 entries cannot be shared by 3 heads"
)
EMPTY_ROW = case(
    "a query without keys", mask="a query without keys", mark="robust", why="weights of 0, so the output is out_bias"
)
# Forward only: backward, dq is 0, and an answer that takes one number from another of the same size is off by rounding.
ONE_KEY = case("one key", m=1, mark="robust", why="the only key has weight 1, whatever its score is")
NO_BATCH = case("no batch", b=0, mark="robust", why="an empty batch comes back empty")
EDGES = (
    UNEVEN,
    EMPTY_ROW,
    NO_BATCH,
    case("many keys", b=1, n=67, m=259, mask="each", mark="robust", why="more than one block of it"),
)
FORWARD = (
    ONE_KEY,
    case(
        "hidden keys hold 1e15", kind="garbage", mask="last keys", mark="robust", why="what is hidden has no influence"
    ),
    case(
        "scores of hundreds", kind="far apart", width=4, stretch=8.0, mark="robust", why="exp overflows unless shifted"
    ),
)


# --- properties ------------------------------------------------------------------------------------------------------


def weights_sum_to_one(answer, x, check):
    """The weights of every query in every head are not negative and sum to one."""
    weights = answer(**x)
    check.true((weights >= 0).all(), "a weight is negative")
    check.close(weights.sum(axis=-1), np.ones(weights.shape[:-1]), "the sums of the weights")


def the_bias_of_the_keys_does_nothing(answer, x, check):
    """A bias of the keys adds the same to all scores of a query, so it changes no weight."""
    d = x["q"].shape[-1]
    moved = x["in_bias"].copy()
    moved[d : 2 * d] += 1
    check.close(answer(**x | {"in_bias": moved}), answer(**x), "with 1 added to the bias of the keys", slack=2.0)


def the_order_of_the_memory_does_not_matter(answer, x, check):
    """Attention reads a set: reversing keys, values and mask together changes nothing."""
    turned = {"k": x["k"][:, ::-1], "v": x["v"][:, ::-1], "mask": x["mask"][..., ::-1]}
    turned = {name: np.ascontiguousarray(value) for name, value in turned.items()}
    check.close(answer(**x | turned), answer(**x), "with the memory in reverse order", slack=2.0)


def the_order_of_the_heads_does_not_matter(answer, x, check):
    """Reversing the heads in in_proj, in_bias, out_proj and the mask together changes nothing."""
    d, heads = x["q"].shape[-1], x["heads"]
    order = np.arange(d).reshape(heads, -1)[::-1].reshape(-1)
    rows = np.concatenate([i * d + order for i in range(3)])
    turned = {
        "in_proj": x["in_proj"][rows],
        "in_bias": x["in_bias"][rows],
        "out_proj": x["out_proj"][:, order],
        "mask": x["mask"][:, ::-1],
    }
    turned = {name: np.ascontiguousarray(value) for name, value in turned.items()}
    check.close(answer(**x | turned), answer(**x), "with the heads in reverse order", slack=2.0)


def sequences_do_not_see_each_other(answer, x, check):
    """Each sequence of a batch gives what it gives alone."""
    alone = {name: x[name][1:2] for name in ("q", "k", "v", "mask")}
    check.close(answer(**x | alone), answer(**x)[1:2], "the second sequence by itself")


def hidden_keys_give_and_get_no_gradient(answer, x, check):
    """What stands in a key that nobody sees changes no gradient, and its own gradients are zero."""
    hidden = ~x["mask"][:, 0, 0, :, None]
    garbage = {name: np.where(hidden, x[name].dtype.type(1e15), x[name]) for name in ("k", "v")}
    names = ("dq", "dk", "dv", "din_proj", "din_bias", "dout_proj", "dout_bias")
    for name, clean, got in zip(names, answer(**x), answer(**x | garbage), strict=True):
        check.close(got, clean, f"{name} with 1e15 in the hidden keys")
        check.true(
            name not in ("dk", "dv") or (np.where(hidden, got, 0) == 0).all(), f"{name} of a hidden key is not zero"
        )


def the_bias_of_the_keys_gets_no_gradient(answer, x, check):
    """The bias of the keys changes nothing, so its gradient is zero, up to rounding."""
    d, din_bias = x["q"].shape[-1], answer(**x)[4]
    bound = 256 * np.finfo(check.dtype).eps * np.abs(din_bias).max()
    check.true((np.abs(din_bias[d : 2 * d]) <= bound).all(), "din_bias is not zero where it belongs to the keys")


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, b, n, m, heads, width, **_):
    """Four projections, two products a head, and about five operations a score; each array read or written once."""
    m, d = n if m is None else m, heads * width
    flops = 4 * b * d * d * (n + m) + 4 * b * n * m * d + 5 * b * heads * n * m
    return Cost(flops, itemsize * (b * d * (2 * n + 2 * m) + 4 * d * d))


def backward_cost(itemsize, b, n, m, heads, width, **_):
    """The forward again but for the last projection, two products for each of the four projections, four a head."""
    m, d = n if m is None else m, heads * width
    flops = 4 * b * d * d * (n + m) * 3 - 2 * b * n * d * d + 12 * b * n * m * d + 10 * b * heads * n * m
    return Cost(flops, 2 * itemsize * (b * d * (2 * n + 2 * m) + 4 * d * d))


BLOCK = case("512 tokens, 8 heads of 32", b=1, n=512, m=None, heads=8, width=32)
FASTEST = {"numpy": "per_head.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"}
LIBRARY = {
    "torch": "torch.nn.functional.multi_head_attention_forward(q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1), q.shape[-1], heads,"
    " in_proj, in_bias, None, None, False, 0.0, out_proj, out_bias, training=False, need_weights=False)[0].transpose(0, 1).contiguous()"
}

MATRIX = "multi_head_attention_backward/cross-attention"

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "head_weights",
            weight_inputs,
            (*ORDINARY, *EDGES, *FORWARD),
            oracle=head_weights,
            properties=(holds(weights_sum_to_one, mask="each"), the_bias_of_the_keys_does_nothing),
            conventions=(
                Convention("True hides a key, as in torch.nn.MultiheadAttention; asked is that True shows it", weights_where_true_hides),
                Convention("the mean over the heads; asked are the weights of each", averaged_over_heads),
            ),
        ),
        Part(
            "multi_head_attention",
            inputs,
            (*ORDINARY, *EDGES, *FORWARD),
            oracle=multi_head_attention,
            properties=(
                holds(the_order_of_the_memory_does_not_matter, mask="each"),
                holds(the_order_of_the_heads_does_not_matter, mask="each"),
                holds(sequences_do_not_see_each_other, b=3, mask="each"),
            ),
            conventions=(Convention("True hides a key, as in torch.nn.MultiheadAttention; asked is that True shows it", true_hides),),
        ),
        Part(
            "multi_head_attention_backward",
            backward_inputs,
            (*ORDINARY, *EDGES),
            oracle=multi_head_attention_backward,
            gradient_of="multi_head_attention",
            wrt=("q", "k", "v", "in_proj", "in_bias", "out_proj", "out_bias"),
            properties=(holds(hidden_keys_give_and_get_no_gradient, mask="last keys"), the_bias_of_the_keys_gets_no_gradient),
        ),
    ),
    timings=(
        Timing(BLOCK, cost, part="multi_head_attention", scaling="n", yardstick=FASTEST, library=LIBRARY),
        Timing(BLOCK, backward_cost, part="multi_head_attention_backward", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@autograd", "xformers", "flash_attn", "torch.nn.attention", "torch.nn.MultiheadAttention",
            "torch.nn.functional.multi_head_attention_forward",
            Ban("torch.nn.functional.scaled_dot_product_attention", unless_earned="attention"),
            Ban("torch.softmax", unless_earned="softmax"), Ban("torch.Tensor.softmax", unless_earned="softmax"),
            Ban("torch.nn.functional.softmax", unless_earned="softmax"), Ban("torch.special.softmax", unless_earned="softmax"),
        ),
        earns=("torch.nn.MultiheadAttention", "torch.nn.functional.multi_head_attention_forward"),
        uses=("softmax", "attention"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake(
            "split by reshape alone, which mixes tokens and heads",
            "xp.permute_dims(xp.reshape(x, (b, n, heads, d // heads)), (0, 2, 1, 3))",
            "xp.reshape(x, (b, heads, n, d // heads))",
            caught_by="head_weights/cross-attention",
        ),
        Mistake(
            "heads are every so many entries, not neighbours",
            "xp.permute_dims(xp.reshape(x, (b, n, heads, d // heads)), (0, 2, 1, 3))",
            "xp.permute_dims(xp.reshape(x, (b, n, d // heads, heads)), (0, 3, 1, 2))",
            caught_by="head_weights/cross-attention",
        ),
        Mistake(
            "joined by reshape alone",
            "xp.reshape(xp.permute_dims(x, (0, 2, 1, 3)), (b, n, heads * width))",
            "xp.reshape(x, (b, n, heads * width))",
            caught_by="multi_head_attention/cross-attention",
        ),
        Mistake(
            "joined in another order than split",
            "xp.reshape(xp.permute_dims(x, (0, 2, 1, 3)), (b, n, heads * width))",
            "xp.reshape(xp.permute_dims(x, (0, 2, 3, 1)), (b, n, heads * width))",
            caught_by="multi_head_attention/cross-attention",
        ),
        Mistake("scale from d", "scale = queries.shape[-1] ** -0.5", "scale = q.shape[-1] ** -0.5", caught_by="head_weights/cross-attention"),
        Mistake("no scale", "scale = queries.shape[-1] ** -0.5", "scale = 1.0", caught_by="head_weights/cross-attention"),
        Mistake("queries are used for the keys", "keys = _projected(xp, 1, k, in_proj, in_bias, heads)\n    scale", "keys = _projected(xp, 1, q, in_proj, in_bias, heads)\n    scale", caught_by="head_weights/as many queries as keys, heads and sequences"),
        Mistake("keys are used for the values", "weights = head_weights(q, k, in_proj, in_bias, heads, mask)\n    values = _projected(xp, 2, v,", "weights = head_weights(q, k, in_proj, in_bias, heads, mask)\n    values = _projected(xp, 2, k,", caught_by="multi_head_attention/cross-attention"),
        Mistake("the matrices are not transposed", "xp.matmul(x, in_proj[rows, :].T) + in_bias[rows]", "xp.matmul(x, in_proj[rows, :]) + in_bias[rows]", caught_by="head_weights/cross-attention"),
        Mistake("the last matrix is not transposed", "xp.matmul(joined, out_proj.T)", "xp.matmul(joined, out_proj)", caught_by="multi_head_attention/cross-attention"),
        Mistake("no bias in the projections", "in_proj[rows, :].T) + in_bias[rows]", "in_proj[rows, :].T)", caught_by="head_weights/cross-attention"),
        Mistake("no bias in the last projection", "xp.matmul(joined, out_proj.T) + out_bias", "xp.matmul(joined, out_proj.T)", caught_by="multi_head_attention/cross-attention"),
        Mistake("the last projection is forgotten", "xp.matmul(joined, out_proj.T) + out_bias", "joined + out_bias", caught_by="multi_head_attention/cross-attention"),
        Mistake("rows of keys come first", "rows = slice(i * d, (i + 1) * d)", "i = (1, 0, 2)[i]\n    rows = slice(i * d, (i + 1) * d)", caught_by="head_weights/cross-attention"),
        Mistake("the mask's sequences are taken for heads", "scores = xp.where(mask, scores, -xp.inf)", "scores = xp.where(mask if mask.ndim < 4 else mask.transpose(1, 0, 2, 3), scores, -xp.inf)", caught_by="head_weights/a mask for each sequence and query"),
        Mistake("the same mask for all heads", "scores = xp.where(mask, scores, -xp.inf)", "scores = xp.where(mask if mask.ndim < 3 else mask[..., :1, :, :], scores, -xp.inf)", caught_by="head_weights/a mask for each head"),
        Mistake("True hides a key", "scores = xp.where(mask, scores, -xp.inf)", "scores = xp.where(mask, -xp.inf, scores)", caught_by="head_weights/causal"),
        Mistake("-1e9 for minus infinity", "scores = xp.where(mask, scores, -xp.inf)", "scores = xp.where(mask, scores, -1e9)", caught_by="head_weights/a query without keys"),
        Mistake("no guard for a query without keys", "xp.where(top == -xp.inf, 0.0, top)", "top", caught_by="head_weights/a query without keys"),
        Mistake("0/0 for a query without keys", "xp.where(total == 0, 1.0, total)", "total", caught_by="head_weights/a query without keys"),
        Mistake("no maximum subtracted", "xp.exp(scores - top)", "xp.exp(scores)", caught_by="head_weights/scores of hundreds"),
        Mistake("softmax over the queries", "total = xp.sum(terms, axis=-1, keepdims=True)", "total = xp.sum(terms, axis=-2, keepdims=True)", caught_by="head_weights/cross-attention"),
        Mistake("softmax over the heads", "total = xp.sum(terms, axis=-1, keepdims=True)", "total = xp.sum(terms, axis=1, keepdims=True)", caught_by="head_weights/cross-attention"),
        Mistake("softmax backward without the mean", "(dweights - mean)", "dweights", caught_by=MATRIX),
        Mistake("backward without the scale", "dscores = queries.shape[-1] ** -0.5 *", "dscores =", caught_by=MATRIX),
        Mistake("backward with the scale of d", "dscores = queries.shape[-1] ** -0.5 *", "dscores = q.shape[-1] ** -0.5 *", caught_by=MATRIX),
        Mistake("the last matrix is transposed on the way back", "_split(xp, xp.matmul(dout, out_proj), heads)", "_split(xp, xp.matmul(dout, out_proj.T), heads)", caught_by=MATRIX),
        Mistake("dkeys not transposed", "xp.matmul(xp.matrix_transpose(dscores), queries)", "xp.matmul(dscores, queries)", caught_by="multi_head_attention_backward/as many queries as keys, heads and sequences"),
        Mistake("the gradient of the matrices is transposed", "xp.matmul(xp.matrix_transpose(dy), x)", "xp.matmul(xp.matrix_transpose(x), dy)", caught_by=MATRIX),
        Mistake("the mean over the batch in the place of the sum", "return xp.sum(xp.matmul", "return xp.mean(xp.matmul", caught_by=MATRIX),
        Mistake("dout_bias is the mean over the tokens", "xp.sum(dout, axis=(0, 1))", "xp.mean(dout, axis=(0, 1))", caught_by=MATRIX),
        Mistake("din_bias forgets the batch", "xp.sum(part, axis=(0, 1))", "xp.sum(part[:1, ...], axis=(0, 1))", caught_by=MATRIX),
    ),
    equivalent=(
        Equivalent("_softmax", "top = xp.where(top == -xp.inf, 0.0, top)", "top = xp.where(top == -xp.inf, 1.0, top)", "only where nothing is seen, and exp(-inf - 1) is 0 as exp(-inf) is"),
        Equivalent("_softmax", "return terms / xp.where(total == 0, 1.0, total)", "return terms / xp.where(total == 0, 2.0, total)", "0 / 2 is 0 as 0 / 1 is"),
        Equivalent("multi_head_attention_backward", "din_proj = xp.concat([_weight_gradient(xp, part, x) for part, x in zip(din, (q, k, v), strict=True)], axis=0)", "din_proj = xp.concat([_weight_gradient(xp, part, x) for part, x in zip(din, (q, k, v), strict=False)], axis=0)", "both have three entries"),
        Equivalent("multi_head_attention_backward", "din_bias = xp.concat([xp.sum(part, axis=(0, 1)) for part in din], axis=0)", "din_bias = xp.concat([xp.sum(part, axis=(0, 1)) for part in din], axis=-1)", "biases have one axis, which is first and last"),
    ),
    hints=(
        "Write the shape beside every line. After the projection there are d entries a token: which of them belong to head 0, and where must the axis of heads stand so that the last two axes are tokens and entries?",
        "reshape to (b, n, heads, d / heads) cuts each token's entries, and only then a transposition brings the heads before the tokens. reshape straight to (b, heads, n, d / heads) has the right "
        "shape and mixes tokens. On the way back transpose first, then reshape. The rest is attention with two batch axes, and the scale is the width of a head.",
        "split = x.reshape(b, n, heads, -1).transpose(0, 2, 1, 3), join = y.transpose(0, 2, 1, 3).reshape(b, n, d). out = join(softmax(Q K^T / sqrt(d / heads)) V) out_proj^T + out_bias. Backward: dmeans = split(dout out_proj), "
        "attention backward by head, join the three, then for y = x W^T + c: dx = dy W, dW = sum of dy^T x, dc = sum of dy. In an empty row use 0 for a maximum of -inf and 1 for a sum of 0.",
    ),
)  # fmt: skip
