"""A bigram language model: counts, perplexity, bits, descent to the same table, drawing. What an answer must do, and its cost.

Sources: Shannon 1951, https://doi.org/10.1002/j.1538-7305.1951.tb01366.x; Chen, Goodman 1996,
https://arxiv.org/abs/cmp-lg/9606011; Jurafsky, Martin, chapter on n-gram models, https://web.stanford.edu/~jurafsky/slp3/

Sizes: n tokens of text over a vocabulary of v.
"""

from itertools import pairwise

import numpy as np

from harness.spec import (
    Array,
    Convention,
    Cost,
    Equivalent,
    Exercise,
    Mistake,
    Part,
    Policy,
    Rng,
    Timing,
    Tolerance,
    case,
    chi_square,
    holds,
)


def counts_of(ids, vocab):
    """How often j comes right after i, by walking along the text."""
    counts = np.zeros((vocab, vocab))
    for i, j in pairwise(ids.tolist()):
        counts[i, j] += 1
    return counts


def fit(ids, vocab, alpha=1.0, empty="uniform"):
    """Oracle: smoothed counts, row by row. `empty`: what a row becomes that has neither a count nor a prior."""
    logp = np.empty((vocab, vocab))
    for i, row in enumerate(counts_of(ids, vocab)):
        total = row.sum() + alpha * vocab
        with np.errstate(divide="ignore", invalid="ignore"):
            logp[i] = np.log(row + alpha) - np.log(total)
        if total == 0:
            logp[i] = {"uniform": -np.log(vocab), "nan": np.nan, "-inf": -np.inf}[empty]
    return logp


def nll(logp, ids):
    """Oracle: the mean of -log P over all neighbours."""
    return np.array(-sum(logp[i, j] for i, j in pairwise(ids.tolist())) / (len(ids) - 1))


def perplexity(logp, ids):
    return np.exp(nll(logp, ids))


def bits_per_char(logp, ids, characters):
    return np.array(-sum(np.log2(np.e) * logp[i, j] for i, j in pairwise(ids.tolist())) / characters)


def softmax(w):
    """Along the last axis."""
    weights = np.exp(w - w.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def fit_neural(ids, vocab, lr, steps):
    """Oracle: descent on sum_ij count_ij (logsumexp(w_i) - w_ij) / (n - 1), whose gradient needs the counts alone."""
    counts = counts_of(ids, vocab) / (len(ids) - 1)
    w = np.zeros((vocab, vocab))
    for _ in range(steps):
        w = w - lr * (counts.sum(axis=1, keepdims=True) * softmax(w) - counts)
    return w


# --- inputs -----------------------------------------------------------------------------------------------------


def text(rng, n, v, kind):
    """A text as ids. `kind` says how it was made."""
    if kind == "English":
        from pydoc_data.topics import topics  # pages of Python's manual, in every Python

        page = "".join(topics[name] for name in sorted(topics))
        start = int(rng.integers(len(page) - n))
        return np.array([min(ord(c), v - 1) for c in page[start : start + n]], np.int64)
    if kind == "one pair":
        return np.tile(rng.permutation(v)[:2], n)[:n]
    if kind == "half of the tokens":
        return 2 * rng.integers(0, -(-v // 2), n)
    # skewed, so that no token is its own reflection, each row differs, and repeats are frequent
    law = rng.permuted(np.tile(1.0 / np.arange(1, v + 1), (v, 1)), axis=1).cumsum(axis=1)
    ids = np.zeros(n, np.int64)
    for t, u in enumerate(rng.random(n)):
        ids[t] = np.searchsorted(law[ids[t - 1]], u * law[0, -1], side="right")
    return ids


def inputs(rng, n=60, v=5, kind="skewed", alpha=None):
    return {"ids": text(rng, n, v, kind), "vocab": v} | ({} if alpha is None else {"alpha": alpha})


def long_inputs(rng, n, v):
    return {"ids": rng.integers(0, v, n), "vocab": v}


def fit_inputs(rng, long=False, **sizes):
    """`long`: tokens without a law, which are drawn quickly."""
    return long_inputs(rng, **sizes) if long else inputs(rng, **sizes)


def a_table(rng, v, kind):
    """Log-probabilities (v, v), rows summing to one."""
    p = rng.dirichlet(np.full(v, 1.5), v)
    if kind == "uniform":
        p = np.full((v, v), 1 / v)
    if kind == "a few impossible":
        p[np.arange(v), (np.arange(v) + 1) % v] = 0 if v > 1 else 1
        p /= p.sum(axis=1, keepdims=True)
    if kind == "cycle":
        order, p = rng.permutation(v), np.zeros((v, v))
        p[order, np.roll(order, 1)] = 1  # one cycle through all tokens, so none follows itself
    with np.errstate(divide="ignore"):
        return np.log(p)


def scored_inputs(rng, n=40, v=6, kind="ordinary", pieces=None):
    """A table, a text, and where asked for the number of characters that it spells."""
    ids = rng.integers(0, v, n)
    if kind == "a few impossible":
        ids[: min(n, 2)] = [0, 1 % v][:n]
    more = {} if pieces is None else {"characters": max(1, int(pieces * n)) + 3}
    return {"logp": a_table(rng, v, kind), "ids": ids, **more}


def neural_inputs(rng, lr=10.0, steps=20, **sizes):
    return inputs(rng, **sizes) | {"lr": lr, "steps": steps}


def draw_inputs(rng, draws=3000, v=4, kind="ordinary"):
    return {
        "logp": a_table(rng, v, kind), "start": int(rng.integers(v)), "n": draws, "rng": Rng(int(rng.integers(2**63))),
    }  # fmt: skip


# --- verdicts on draws, and properties ----------------------------------------------------------------------------


def p_value(inputs, outputs):
    """Pearson's test on what came after each token; the least of these p-values times their number."""
    p = np.exp(inputs["logp"])
    path = np.concatenate([[inputs["start"]], np.asarray(outputs)])
    v = len(p)
    if path.min() < 0 or path.max() >= v:
        return 0.0
    counts = np.bincount(path[:-1] * v + path[1:], minlength=v * v).reshape(v, v)
    return min(1.0, v * min(chi_square(row, law) for row, law in zip(counts, p, strict=True)))


def every_row_is_a_distribution(answer, x, check):
    """The probabilities of what may follow a token sum to one, for every token."""
    check.close(np.exp(answer(**x)).sum(axis=1), np.ones(x["vocab"]), "sums of the rows")


def relabelled_tokens_give_a_relabelled_table(answer, x, check):
    """Token ids are only names: giving them other numbers moves rows and columns, and nothing else."""
    order = (np.arange(x["vocab"]) + 2) % x["vocab"]
    check.close(answer(**{**x, "ids": order[x["ids"]]})[np.ix_(order, order)], answer(**x), "with other numbers")


def no_table_likes_the_text_better(answer, x, check):
    """Without smoothing, no other table gives the text itself a higher likelihood."""
    counts, own = counts_of(x["ids"], x["vocab"]), answer(**x)
    loss = -np.sum(counts[counts > 0] * own[counts > 0])
    rng = np.random.default_rng(0)
    for closeness in (1, 100, 10_000):
        other = np.log(np.stack([rng.dirichlet(closeness * np.exp(row) + 1e-3) + 1e-12 for row in own]))
        check.true(-np.sum((counts * other)[counts > 0]) >= loss * (1 - 1e-9), "another table has a lower nll")


def smoothing_pulls_every_row_to_uniform(answer, x, check):
    """As alpha grows, all probabilities go to 1 / vocab."""
    check.close(
        answer(**x, alpha=1e14), np.full((x["vocab"],) * 2, -np.log(x["vocab"])), "with alpha = 1e14", slack=100
    )


def a_uniform_table_has_perplexity_v(answer, x, check):
    """A table without knowledge has the size of the vocabulary as its perplexity, on every text."""
    check.close(answer(**x), np.array(float(len(x["logp"]))), "the perplexity of the uniform table")


def twice_the_text_costs_twice_the_bits(answer, x, check):
    """Bits add up over a text, so a text cut in two at a shared token costs the sum of both parts."""
    ids, half = x["ids"], len(x["ids"]) // 2
    parts = [answer(**{**x, "ids": part}) for part in (ids[: half + 1], ids[half:])]
    check.close(parts[0] + parts[1], answer(**x), "two parts together, per character of the whole")


def descent_arrives_at_the_counts(answer, x, check):
    """After enough steps softmax(w) is the table of counts: the divergence from it is below 0.001 nats."""
    counts = counts_of(x["ids"], x["vocab"])
    wanted, got = counts / counts.sum(axis=1, keepdims=True), softmax(answer(**x))
    weights = counts.sum(axis=1) / counts.sum()
    terms = np.where(wanted > 0, wanted * np.log(np.where(wanted > 0, wanted / got, 1)), 0)
    check.true(np.sum(weights * terms.sum(axis=1)) < 1e-3, "the learned table is more than 0.001 nats from the counts")


def gradients_of_a_row_sum_to_zero(answer, x, check):
    """Each step leaves the sum of every row of logits at zero: softmax does not see a constant."""
    w = answer(**x)
    check.true(np.abs(w.sum(axis=1)) <= 1e-10 * max(1.0, np.abs(w).max()), "the logits of a row do not sum to zero")


def the_same_seed_draws_the_same_text(answer, x, check):
    """All chance comes from rng, so its seed decides the text."""
    check.equal(answer(**x), answer(**x), "two calls with the same seed drew differently")


def a_table_without_choice_is_followed(answer, x, check):
    """Where each token has one successor of probability 1, the text is that chain, from start on."""
    chain, token = [], x["start"]
    for _ in range(x["n"]):
        token = int(np.argmax(x["logp"][token]))
        chain.append(token)
    check.equal(answer(**x), np.array(chain, np.int64), "the only possible chain was left")
    check.equal(answer(**{**x, "n": 0}), np.zeros(0, np.int64), "no tokens were asked for")


# --- cost and cases -----------------------------------------------------------------------------------------------


def cost(itemsize, n, v, **_):
    """One count a pair, one logarithm an entry; ids of 8 bytes read once, the table of 8 bytes written once."""
    return Cost(flops=n + 3 * v * v, bytes_moved=8 * (n + v * v))


def neural_cost(itemsize, n, v, steps, **_):
    """A step on the counts: 7 operations an entry, on the table, the counts and the result."""
    return Cost(flops=n + 7 * steps * v * v, bytes_moved=8 * (n + 3 * steps * v * v))


SCORED = (
    case("a text"),
    case("two tokens", n=2, why="one transition; the first token is only context"),
    case("one pair over and over", kind="uniform", n=31),
    case("a large vocabulary", v=67, n=300),
    case("a long text", n=400, mark="robust", why="a mean of 399 terms"),
    case("an impossible transition", kind="a few impossible", mark="robust", why="one zero makes it infinite"),
    case("one token", n=1, raises=("ValueError",), mark="robust", why="no transition has no mean"),
)
FASTEST = {"numpy": "counts.py", "torch": "with_torch.py", "cupy": "with_array_api.py"}
ROOTS = Tolerance(3e-5, "the product of all n-th roots is a right answer too, and rounds at each of 399 factors")

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "fit", fit_inputs,
            (
                case("default smoothing", why="alpha is 1 where nothing is said"),
                case("half a count", alpha=0.5, n=40),
                case("much smoothing", alpha=20.0),
                case("without smoothing", alpha=0.0, n=30, why="pairs that do not occur have probability 0"),
                case("a page of English", kind="English", n=3000, v=128, alpha=0.1),
                case("one pair over and over", kind="one pair", n=41, why="repeated pairs count each time"),
                case("tokens never seen", kind="half of the tokens", v=8, alpha=0.25, mark="robust", why="rows without a count are uniform"),
                case("tokens never seen, no smoothing", kind="half of the tokens", v=8, alpha=0.0, mark="robust",
                     why="0/0 is given its limit, the uniform row"),
                case("hardly any smoothing", alpha=1e-12, n=40, mark="robust"),
                case("one token", n=1, mark="robust", why="no pair, so nothing but the prior"),
                case("no token", n=0, mark="robust", why="likewise"),
                case("a vocabulary of one", v=1, n=9, mark="robust", why="the only token is certain"),
            ),
            oracle=fit,
            properties=(
                holds(every_row_is_a_distribution, n=200, v=9, alpha=0.3),
                holds(relabelled_tokens_give_a_relabelled_table, n=80, v=7, alpha=0.7),
                holds(no_table_likes_the_text_better, n=400, v=4, alpha=0.0),
                smoothing_pulls_every_row_to_uniform,
            ),
            conventions=(
                Convention("a row without counts or prior is nan", lambda **x: fit(**x, empty="nan")),
                Convention("a row without counts or prior is -inf", lambda **x: fit(**x, empty="-inf")),
            ),
            dtypes=(),
        ),
        Part("nll", scored_inputs, SCORED, oracle=nll),
        Part("perplexity", scored_inputs, SCORED, oracle=perplexity, tolerance=ROOTS,
             properties=(holds(a_uniform_table_has_perplexity_v, kind="uniform", v=17),)),
        Part(
            "bits_per_char", lambda rng, **sizes: scored_inputs(rng, pieces=3.7, **sizes), SCORED, oracle=bits_per_char,
            properties=(twice_the_text_costs_twice_the_bits,),
        ),
        Part(
            "fit_neural", neural_inputs,
            (
                case("one step", steps=1),
                case("no step", steps=0, why="zeros, as it starts"),
                case("twenty steps"),
                case("a large vocabulary", v=31, n=500, lr=50.0, steps=10),
                case("tokens never seen", kind="half of the tokens", v=8, steps=10, mark="robust", why="their rows stay zero"),
                case("two tokens", n=2, steps=5, mark="robust", why="one transition"),
                # powers of two: the first step is exact, or a rate so large would make of its rounding what nobody can foresee
                case("a huge learning rate", lr=2.0**16, steps=2, n=33, v=4, mark="robust", why="exp of 1,000 overflows unless the largest is taken off"),
            ),
            oracle=fit_neural,
            properties=(
                holds(descent_arrives_at_the_counts, n=300, v=4, lr=5.0, steps=800),
                gradients_of_a_row_sum_to_zero,
            ),
            dtypes=(),
        ),
        Part(
            "sample", draw_inputs,
            (
                case("a text of 3,000 tokens", draws=3000),
                case("two tokens", draws=2000, v=2),
                case("impossible transitions", draws=2000, v=5, kind="a few impossible", mark="robust", why="-inf is never drawn"),
            ),
            p_value=p_value,
            outputs=lambda n, **_: Array("int64", (n,)),
            properties=(
                holds(the_same_seed_draws_the_same_text, draws=300),
                holds(a_table_without_choice_is_followed, draws=60, v=9, kind="cycle"),
            ),
        ),
    ),
    timings=(
        Timing(case("half a million tokens", n=500_000, v=128, long=True), cost, part="fit", scaling="n", yardstick=FASTEST,
               dtype="float64"),
        Timing(case("thirty steps", n=2_000, v=96, steps=30), neural_cost, part="fit_neural", yardstick=FASTEST, dtype="float64"),
    ),
    policy=Policy(
        banned=("base", "nltk", "transformers", "@autograd", "@optim", "@nn", "torch.distributions"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("repeated pairs counted once", "np.add.at(counts, (ids[:-1], ids[1:]), 1)", "counts[ids[:-1], ids[1:]] += 1",
                "fit/one pair over and over"),
        Mistake("counts what comes before", "(ids[:-1], ids[1:]), 1)", "(ids[1:], ids[:-1]), 1)", "fit/default smoothing"),
        Mistake("counts each token with itself", "(ids[:-1], ids[1:]), 1)", "(ids[:-1], ids[:-1]), 1)", "fit/default smoothing"),
        Mistake("counts around the end", "(ids[:-1], ids[1:]), 1)", "(ids, np.roll(ids, -1)), 1)", "fit/one token"),
        Mistake("divides by the counts without alpha times the vocabulary", "totals = smoothed.sum(axis=1, keepdims=True)",
                "totals = counts.sum(axis=1, keepdims=True) + alpha", "fit/default smoothing"),
        Mistake("alpha added once a row instead of once a token", "smoothed = counts + alpha", "smoothed = counts + alpha / vocab",
                "fit/default smoothing"),
        Mistake("smoothing added to the probabilities", "smoothed = counts + alpha",
                "smoothed = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) + alpha", "fit/default smoothing"),
        Mistake("columns normalized", "smoothed.sum(axis=1, keepdims=True)", "smoothed.sum(axis=0, keepdims=True)",
                "fit/default smoothing"),
        Mistake("pairs normalized instead of rows", "smoothed.sum(axis=1, keepdims=True)", "smoothed.sum(keepdims=True)",
                "fit/default smoothing"),
        Mistake("rows without a count are nan", "smoothed = np.where(totals == 0, 1, smoothed)", "smoothed = smoothed * 1",
                "fit/tokens never seen, no smoothing"),
        Mistake("a floor instead of zero", "np.log(smoothed / totals)", "np.log(smoothed / totals + 1e-10)", "fit/without smoothing"),
        Mistake("alpha is a whole number", "smoothed = counts + alpha", "smoothed = counts + round(alpha)", "fit/half a count"),
        Mistake("alpha left out", "smoothed = counts + alpha", "smoothed = counts + 1", "fit/half a count"),
        Mistake("divided by the number of tokens", "-logp[ids[:-1], ids[1:]].mean()", "-logp[ids[:-1], ids[1:]].sum() / len(ids)",
                "nll/two tokens"),
        Mistake("the target is the current token", "-logp[ids[:-1], ids[1:]].mean()", "-logp[ids[:-1], ids[:-1]].mean()", "nll/a text"),
        Mistake("scored backwards", "-logp[ids[:-1], ids[1:]].mean()", "-logp[ids[1:], ids[:-1]].mean()", "nll/a text"),
        Mistake("log-likelihood without the minus", "-logp[ids[:-1], ids[1:]].mean()", "logp[ids[:-1], ids[1:]].mean()", "nll/a text"),
        Mistake("impossible transitions left out", "-logp[ids[:-1], ids[1:]].mean()",
                "-np.maximum(logp, np.finfo(logp.dtype).min / 1e6)[ids[:-1], ids[1:]].mean()", "nll/an impossible transition"),
        Mistake("too short a text gives nan", "if len(ids) < 2:", "if False:", "nll/one token"),
        Mistake("two to the power of nats", "np.exp(nll(logp, ids))", "2 ** nll(logp, ids)", "a uniform table has perplexity v"),
        Mistake("the mean of the inverse probabilities", "np.exp(nll(logp, ids))",
                "np.exp(nll(logp, ids)) * 0 + np.exp(-logp[ids[:-1], ids[1:]]).mean()", "perplexity/a text"),
        Mistake("perplexity of the whole text", "np.exp(nll(logp, ids))", "np.exp(nll(logp, ids) * (len(ids) - 1))", "perplexity/a text"),
        Mistake("nats instead of bits", " / np.log(2).astype(logp.dtype)", "", "bits_per_char/a text"),
        Mistake("bits a token", "/ characters", "/ (len(ids) - 1)", "bits_per_char/a text"),
        Mistake("multiplied by the logarithm of 2", "nats / np.log(2)", "nats * np.log(2)", "bits_per_char/a text"),
        Mistake("the first token counted too", "nll(logp, ids) * (len(ids) - 1)", "nll(logp, ids) * len(ids)", "bits_per_char/two tokens"),
        Mistake("gradient of the sum", "dlogits / len(now)", "dlogits", "one step"),
        Mistake("gradient averaged over the tokens of the text", "dlogits / len(now)", "dlogits / len(ids)", "one step"),
        Mistake("ascent", "w - lr * gradient", "w + lr * gradient", "one step"),
        Mistake("the target's one is not taken off", "probs - np.eye(vocab)[later]", "probs", "one step"),
        Mistake("a repeated token moves once", "np.add.at(gradient, now, dlogits / len(now))",
                "gradient[now] += dlogits / len(now)", "one step"),
        Mistake("each row averaged by its own count", "dlogits / len(now)", "dlogits / np.bincount(now)[now][:, None]", "one step"),
        Mistake("the largest logit not taken off", "np.exp(logits - logits.max(axis=1, keepdims=True))", "np.exp(logits)",
                "a huge learning rate"),
        Mistake("starts at random", "    w = np.zeros((vocab, vocab))", "    w = np.random.default_rng(0).standard_normal((vocab, vocab))", "no step"),
        Mistake("one step short", "for _ in range(steps):", "for _ in range(steps - 1):", "one step"),
        Mistake("always drawn from the first row", "row = cumulative[token]", "row = cumulative[start]", "sample/a text of 3,000 tokens"),
        Mistake("the most probable token each time", "np.searchsorted(row, rng.random() * row[-1], side=\"right\")",
                "np.argmax(logp[token])", "sample/a text of 3,000 tokens"),
        Mistake("drawn from the columns", "np.cumsum(np.exp(logp), axis=1)", "np.cumsum(np.exp(logp.T), axis=1)",
                "sample/a text of 3,000 tokens"),
        Mistake("logarithms taken for probabilities", "np.cumsum(np.exp(logp), axis=1)", "np.cumsum(-1 / logp, axis=1)",
                "sample/a text of 3,000 tokens"),
        Mistake("an edge off by one", "side=\"right\")", "side=\"right\") - (token > 0)", "sample/a text of 3,000 tokens"),
        Mistake("start is the first token of the result", "        drawn[t] = token", "        drawn[t] = token if t else start",
                "a table without choice is followed"),
        Mistake("a generator of its own", "rng.random() *", "np.random.default_rng().random() *", "the same seed draws the same text"),
    ),
    equivalent=(
        Equivalent("sample", "token = np.searchsorted(row, rng.random() * row[-1], side='right')",
                   "token = np.searchsorted(row, rng.random() / row[-1], side='right')", "a row sums to 1, to within rounding"),
    ),
    hints=(
        "ids[:-1] are the tokens, ids[1:] what follows them. Everything here is an operation on these two.",
        "A pair that occurs twice must count twice: np.add.at, or np.bincount(i * vocab + j). Mean over n - 1 transitions, not n. "
        "For the gradient: each transition gives softmax(w[i]) - onehot(j) to row i.",
        "fit: log((C + alpha) / (C.sum(1) + alpha * V)), uniform where that is 0/0. nll: -logp[ids[:-1], ids[1:]].mean(); perplexity: exp of it; bits: "
        "nll * (n - 1) / ln 2 / characters. Neural: dw_i = (count_i softmax(w_i) - C_i) / (n - 1). Draw by searchsorted(c, u * c[-1], 'right') with c = cumsum(p).",
    ),
)  # fmt: skip
