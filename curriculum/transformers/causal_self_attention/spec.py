"""Self-attention with causal and padding masks, and its gradient: what an answer must do, and what it costs.

Source: Vaswani et al. 2017, sections 3.2.1 and 3.2.3, https://arxiv.org/abs/1706.03762

Sizes: b sequences of t tokens of width d; dk the width of queries and keys, dv that of values.
"""

import numpy as np

from harness.spec import Ban, Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: each sequence is cut to its length and computed by itself ----------------------------------


def weights_of(q, k, causal):
    """The attention weights of one sequence without padding."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    if causal:
        scores[np.triu_indices(len(q), 1)] = -np.inf
    terms = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return terms / terms.sum(axis=1, keepdims=True)


def cut(x, lengths):
    """Each sequence without its padding."""
    return [tokens if lengths is None else tokens[: lengths[i]] for i, tokens in enumerate(x)]


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    """Oracle."""
    out = np.zeros((*x.shape[:2], wv.shape[1]))
    for i, tokens in enumerate(cut(x, lengths)):
        out[i, : len(tokens)] = weights_of(tokens @ wq, tokens @ wk, causal) @ (tokens @ wv)
    return out


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    """Oracle: back through the weights, then through the three projections, which all start at x."""
    dx, dwq, dwk, dwv = (np.zeros(a.shape) for a in (x, wq, wk, wv))
    for i, tokens in enumerate(cut(x, lengths)):
        n = len(tokens)
        q, k, v, do = tokens @ wq, tokens @ wk, tokens @ wv, dout[i, :n]
        w = weights_of(q, k, causal)
        dw = do @ v.T
        ds = w * (dw - np.sum(w * dw, axis=1, keepdims=True)) / np.sqrt(q.shape[1])
        dq, dk, dv = ds @ k, ds.T @ q, w.T @ do
        dx[i, :n] = dq @ wq.T + dk @ wk.T + dv @ wv.T
        dwq += tokens.T @ dq
        dwk += tokens.T @ dk
        dwv += tokens.T @ dv
    return dx, dwq, dwk, dwv


def padding_asks_too(x, wq, wk, wv, causal=False, lengths=None):
    """The convention of torch's key_padding_mask: padding is hidden as a key, and answered as a query."""
    q, k, v = x @ wq, x @ wk, x @ wv
    places = np.arange(x.shape[1])
    real = places < (np.full(len(x), x.shape[1]) if lengths is None else lengths)[:, None]
    seen = real[:, None, :] & ((places <= places[:, None]) | (not causal))
    scores = np.where(seen, q @ np.swapaxes(k, 1, 2) / np.sqrt(wq.shape[1]), -np.inf)
    terms = np.exp(scores - scores.max(axis=-1, keepdims=True, initial=-1e300))
    return terms / np.maximum(terms.sum(axis=-1, keepdims=True), 1e-300) @ v


# --- inputs ----------------------------------------------------------------------------------------------------------


def numbers(rng, *shape):
    """Variance 1 and bounded, so that no case is peaked by accident."""
    return rng.uniform(-(3**0.5), 3**0.5, shape)


def draw_lengths(rng, kind, b, t):
    """At least one sequence of each batch is padded; 'one empty': the last has no token at all."""
    lengths = rng.integers(1, max(t, 1) + 1, b)
    lengths[:1] = max(1, t // 2)
    lengths[-1:] = 0 if kind == "one empty" else lengths[-1:]
    return np.minimum(lengths, t)


def inputs(rng, b=3, t=6, d=5, dk=4, dv=3, causal=None, lengths=None, stretch=1.0, kind="normal"):
    """Random arguments; causal and lengths are left out where None, which tests the defaults."""
    x = numbers(rng, b, t, d)
    wq, wk, wv = (numbers(rng, d, width) / max(d, 1) ** 0.5 for width in (dk, dk, dv))
    # Whole numbers give scores that are exact in float32 too, where steps near 1e4 are 1e-3
    if kind == "far apart":
        x, wq, wk = (rng.integers(-9, 10, a.shape).astype(float) for a in (x, wq, wk))
    given = {"x": x, "wq": stretch * wq, "wk": wk, "wv": wv}
    if causal is not None:
        given["causal"] = causal
    if lengths is not None:
        given["lengths"] = draw_lengths(rng, lengths, b, t)
        if kind == "garbage":
            padding = np.arange(t) >= given["lengths"][:, None]
            given["x"] = np.where(padding[..., None], 1e15 * np.sign(x), x)
    return given


def backward_inputs(rng, **sizes):
    x = inputs(rng, **sizes)
    return {"dout": numbers(rng, *x["x"].shape[:2], x["wv"].shape[1])} | x


ORDINARY = (
    case("no mask", why="every token sees every token, itself too"),
    case("causal", causal=True, why="token i sees tokens 0 to i"),
    case("padded", lengths="uneven", why="sequences of different lengths"),
    case("causal and padded", causal=True, lengths="uneven", why="both masks at once"),
    case("all sizes equal", b=4, t=4, d=4, dk=4, dv=4, causal=True, why="here a wrong transposition raises no error"),
    case("wide queries", dk=9, dv=2, causal=True, why="the scale comes from dk, not from d"),
    case("one sequence", b=1, t=9, causal=True),
    case("peaked", stretch=3.0, causal=True, why="a few keys hold nearly all the weight"),
)
EMPTY = case("a sequence of length 0", lengths="one empty", mark="robust", why="nothing to attend to: zeros, not nan")
EDGES = (
    EMPTY,
    case("a causal sequence of length 0", causal=True, lengths="one empty", mark="robust"),
    case("padding holds 1e15", kind="garbage", lengths="uneven", mark="robust", why="what is hidden has no influence"),
    case("long", b=2, t=261, d=8, causal=True, lengths="uneven", mark="robust", why="more than one block of it"),
    case("no batch", b=0, mark="robust", why="an empty batch comes back empty"),
)
FORWARD = (  # backward, dwq and dwk of single tokens are 0, and an answer that subtracts equal numbers is off by rounding
    case("one token", t=1, causal=True, mark="robust", why="a token alone has weight 1 and returns its own value"),
    case("full lengths", b=2, t=1, lengths="uneven", mark="robust", why="lengths that cut nothing off"),
    case("scores of thousands", kind="far apart", mark="robust", why="exp overflows unless shifted"),
)


# --- properties ------------------------------------------------------------------------------------------------------


def the_past_does_not_know_the_future(answer, x, check):
    """With a causal mask, what comes later, be it 1e15, changes no earlier output."""
    before = answer(**x)
    for place in (1, 3, x["x"].shape[1] - 1):
        later = x["x"].copy()
        later[:, place:] = 1e15 * np.sign(later[:, place:])
        check.close(
            answer(**x | {"x": later})[:, :place], before[:, :place], f"before token {place}, with 1e15 from there on"
        )


def a_prefix_gives_the_same_as_in_the_whole(answer, x, check):
    """With a causal mask, the first tokens alone give the outputs that they give in the longer sequence."""
    whole = answer(**x)
    for n in (1, 2, 4):
        check.close(answer(**x | {"x": np.ascontiguousarray(x["x"][:, :n])}), whole[:, :n], f"the first {n} alone")


def the_first_token_returns_its_own_value(answer, x, check):
    """With a causal mask, the first token sees itself alone and returns its own value."""
    check.close(answer(**x)[:, 0], x["x"][:, 0] @ x["wv"], "the first output", slack=2.0)


def the_order_of_the_tokens_only_orders_the_outputs(answer, x, check):
    """Without a mask, reversing the tokens reverses the outputs and changes nothing else."""
    turned = np.ascontiguousarray(x["x"][:, ::-1])
    check.close(answer(**x | {"x": turned}), answer(**x)[:, ::-1], "with the tokens in reverse order")


def padding_is_as_if_cut_off(answer, x, check):
    """A padded sequence gives what it gives alone and cut to its length, and zeros after that."""
    got = answer(**x)
    for i, n in enumerate(x["lengths"]):
        alone = {name: value for name, value in x.items() if name != "lengths"} | {"x": x["x"][i : i + 1, :n].copy()}
        check.close(got[i : i + 1, :n], answer(**alone), f"sequence {i}")
        check.true((got[i, n:] == 0).all(), f"the padding of sequence {i} does not give zeros")


def padding_gives_and_gets_no_gradient(answer, x, check):
    """What stands in the padding, of x or of dout, changes no gradient, and its own gradient is zero."""
    padding = (np.arange(x["x"].shape[1]) >= x["lengths"][:, None])[..., None]
    garbage = {"x": np.where(padding, 1e15, x["x"]), "dout": np.where(padding, 1e15, x["dout"])}
    garbage = {name: value.astype(check.dtype) for name, value in garbage.items()}
    for name, clean, got in zip(("dx", "dwq", "dwk", "dwv"), answer(**x), answer(**x | garbage), strict=True):
        check.close(got, clean, f"{name} with 1e15 in the padding")
        check.true(name != "dx" or (got[padding[..., 0]] == 0).all(), "dx of the padding is not zero")


def sequences_add_up_in_the_weights(answer, x, check):
    """The gradients of the three matrices for a batch are the sums of those for each sequence."""
    together = answer(**x)[1:]
    singly = [answer(**x | {name: x[name][i : i + 1] for name in ("x", "dout")})[1:] for i in range(len(x["x"]))]
    for name, got, parts in zip(("dwq", "dwk", "dwv"), together, zip(*singly, strict=True), strict=True):
        check.close(got, np.sum(parts, axis=0), name, slack=2.0)


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, b, t, d, dk, dv, **_):
    """Three projections, and half of the two products of t x t, as a causal mask allows; each array touched once."""
    flops = 2 * b * t * d * (2 * dk + dv) + b * t * t * (dk + dv) + 2.5 * b * t * t
    return Cost(flops, itemsize * (b * t * (d + dv) + d * (2 * dk + dv)))


def backward_cost(itemsize, b, t, d, dk, dv, **_):
    """The projections again and twice their work for the gradients; five products of t x t in the place of two."""
    flops = 6 * b * t * d * (2 * dk + dv) + b * t * t * (3 * dk + 2 * dv) + 5 * b * t * t
    return Cost(flops, itemsize * (b * t * (2 * d + dv) + 2 * d * (2 * dk + dv)))


BLOCK = case("2 sequences of 768 tokens, width 128", b=2, t=768, d=128, dk=64, dv=64, causal=True)
FASTEST = {"numpy": "blocked.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"}
SDPA = {"torch": "torch.nn.functional.scaled_dot_product_attention(x @ wq, x @ wk, x @ wv, is_causal=causal)"}


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "self_attention",
            inputs,
            (*ORDINARY, *EDGES, *FORWARD),
            oracle=self_attention,
            properties=(
                holds(the_past_does_not_know_the_future, causal=True),
                holds(a_prefix_gives_the_same_as_in_the_whole, causal=True),
                holds(the_first_token_returns_its_own_value, causal=True),
                the_order_of_the_tokens_only_orders_the_outputs,
                holds(padding_is_as_if_cut_off, causal=True, lengths="uneven"),
            ),
            conventions=(Convention("padding is hidden as a key, and answered as a query; asked are zeros", padding_asks_too),),
        ),
        Part(
            "self_attention_backward",
            backward_inputs,
            (*ORDINARY, *EDGES),
            oracle=self_attention_backward,
            gradient_of="self_attention",
            wrt=("x", "wq", "wk", "wv"),
            properties=(holds(padding_gives_and_gets_no_gradient, lengths="uneven"), sequences_add_up_in_the_weights),
        ),
    ),
    timings=(
        Timing(BLOCK, cost, part="self_attention", scaling="t", yardstick=FASTEST, library=SDPA),
        Timing(BLOCK, backward_cost, part="self_attention_backward", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@autograd", "xformers", "flash_attn", "torch.nn.attention", "torch.nn.MultiheadAttention",
            "torch.nn.functional.multi_head_attention_forward",
            Ban("torch.nn.functional.scaled_dot_product_attention", unless_earned="attention"),
            Ban("torch.softmax", unless_earned="softmax"), Ban("torch.Tensor.softmax", unless_earned="softmax"),
            Ban("torch.nn.functional.softmax", unless_earned="softmax"), Ban("torch.special.softmax", unless_earned="softmax"),
        ),
        uses=("softmax", "attention"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("a token does not see itself", "key <= query if", "key < query if", caught_by="self_attention/causal"),
        Mistake("one future token is seen", "key <= query if", "key <= query + 1 if", caught_by="self_attention/causal"),
        Mistake("the mask is transposed", "key <= query if", "key >= query if", caught_by="self_attention/causal"),
        Mistake("causal is ignored", "key <= query if causal else key == key", "key == key", caught_by="self_attention/causal"),
        Mistake("causal whatever is asked", "key <= query if causal else key == key", "key <= query", caught_by="self_attention/no mask"),
        Mistake("one token of padding is seen", "place[None, :] < lengths", "place[None, :] <= lengths", caught_by="self_attention/padded"),
        Mistake("the last token is hidden", "place[None, :] < lengths", "place[None, :] < -1 + lengths", caught_by="self_attention/padded"),
        Mistake("lengths are ignored with a causal mask", "if lengths is not None:", "if lengths is not None and not causal:", caught_by="self_attention/causal and padded"),
        Mistake("the causal mask is lost where there is padding", "allowed & real[:, None, :]", "real[:, None, :]", caught_by="self_attention/causal and padded"),
        Mistake("padding is seen as a key", "& real[:, None, :] & real[:, :, None]", "& real[:, :, None]", caught_by="self_attention/padded"),
        Mistake("padding is answered as a query", " & real[:, :, None]", "", caught_by="self_attention/padded"),
        Mistake("padding is seen by padding", "real[:, None, :] & real[:, :, None]", "(real[:, None, :] == real[:, :, None])", caught_by="self_attention/padded"),
        Mistake(
            "scale from the width of x",
            "    scores = q.shape[-1] ** -0.5 * xp.matmul(q, xp.matrix_transpose(k))",
            "    scores = 5**-0.5 * xp.matmul(q, xp.matrix_transpose(k))",
            caught_by="self_attention/wide queries",
        ),
        Mistake("no scale", "    scores = q.shape[-1] ** -0.5 *", "    scores = 1.0 *", caught_by="self_attention/no mask"),
        Mistake("divided by dk, not by its root", "    scores = q.shape[-1] ** -0.5", "    scores = q.shape[-1] ** -1.0", caught_by="self_attention/no mask"),
        Mistake("keys and queries exchanged", "xp.matmul(q, xp.matrix_transpose(k))", "xp.matmul(k, xp.matrix_transpose(q))", caught_by="self_attention/no mask"),
        Mistake(
            "-1e9 added",
            "scores = xp.where(allowed, scores, -xp.inf)",
            "scores = scores + xp.where(allowed, 0.0, -1e9).astype(scores.dtype)",
            caught_by="self_attention/the past does not know the future",
        ),
        Mistake(
            "masked after the softmax",
            "    return xp.matmul(weights, v)",
            "    weights = _weights(xp, q, k, True) * _allowed(xp, x, causal, lengths)\n    return xp.matmul(weights, v)",
            caught_by="self_attention/causal",
        ),
        Mistake("no guard for a row without keys", "xp.where(top == -xp.inf, 0.0, top)", "top", caught_by="self_attention/padded"),
        Mistake("0/0 for a row without keys", "xp.where(total == 0, 1.0, total)", "total", caught_by="self_attention/padded"),
        Mistake("no maximum subtracted", "xp.exp(scores - top)", "xp.exp(scores)", caught_by="self_attention/scores of thousands"),
        Mistake("softmax over the queries", "total = xp.sum(terms, axis=-1, keepdims=True)", "total = xp.sum(terms, axis=-2, keepdims=True)", caught_by="self_attention/no mask"),
        Mistake("softmax backward without the mean", "(dweights - mean)", "dweights", caught_by="self_attention_backward/causal"),
        Mistake("backward without the scale", "dscores = q.shape[-1] ** -0.5 *", "dscores =", caught_by="self_attention_backward/causal"),
        Mistake("dx misses the path through the queries", "xp.matmul(dq, wq.T) + ", "", caught_by="self_attention_backward/causal"),
        Mistake("dx misses the path through the keys", "xp.matmul(dk, wk.T) + ", "", caught_by="self_attention_backward/causal"),
        Mistake("dx misses the path through the values", " + xp.matmul(dv, wv.T)", "", caught_by="self_attention_backward/causal"),
        Mistake("dx with weights not transposed", "xp.matmul(dv, wv.T)", "xp.matmul(dv, wv)", caught_by="self_attention_backward/all sizes equal"),
        Mistake("dk not transposed", "xp.matmul(xp.matrix_transpose(dscores), q)", "xp.matmul(dscores, q)", caught_by="self_attention_backward/causal"),
        Mistake("dv not transposed", "xp.matmul(xp.matrix_transpose(weights), dout)", "xp.matmul(weights, dout)", caught_by="self_attention_backward/causal"),
        Mistake("the mean over the batch in the place of the sum", "return xp.sum(xp.matmul", "return xp.mean(xp.matmul", caught_by="self_attention_backward/no mask"),
    ),
    equivalent=(
        Equivalent("_weights", "top = xp.where(top == -xp.inf, 0.0, top)", "top = xp.where(top == -xp.inf, 1.0, top)", "only where nothing is seen, and exp(-inf - 1) is 0 as exp(-inf) is"),
        Equivalent("_weights", "return terms / xp.where(total == 0, 1.0, total)", "return terms / xp.where(total == 0, 2.0, total)", "0 / 2 is 0 as 0 / 1 is"),
    ),
    hints=(
        "Which token may look at which? Draw the square of queries (rows) and keys (columns) for four tokens, once causal and once with two of them padding.",
        "Both masks are comparisons of places: key <= query, and place < length for the key and for the query. Join them with & and put minus infinity where "
        "it says no, before the softmax. A row of padding has no key left: what are its maximum and its sum? In the backward, count the ways from x to the output.",
        "q, k, v = x wq, x wk, x wv, then attention with that mask. Backward: dq, dk and dv as in the attention exercise; dwq = sum over sequences of x^T dq, "
        "and so on; dx = dq wq^T + dk wk^T + dv wv^T. Use 0 in place of a maximum of -inf and 1 in place of a sum of 0, and padding takes care of itself.",
    ),
)  # fmt: skip
