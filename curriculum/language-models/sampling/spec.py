"""Temperature, top-k, top-p, drawing and beam search: what an answer must do, and what it costs.

Sources: Holtzman et al. 2020, https://arxiv.org/abs/1904.09751 (nucleus); Fan et al. 2018,
https://arxiv.org/abs/1805.04833 (top-k); Sutskever et al. 2014, https://arxiv.org/abs/1409.3215 (beam search)

Sizes: v tokens in the vocabulary; rows of logits, with more axes before them in `lead`.
"""

import numpy as np

from harness.spec import (
    Array,
    Ban,
    Convention,
    Cost,
    Equivalent,
    Exercise,
    Mistake,
    Part,
    Plain,
    Policy,
    Rng,
    Timing,
    case,
    chi_square,
    holds,
)  # fmt: skip


def kept_of(row, temperature, top_k, top_p):
    """Token ids that stay in one row, in the order of the ranking, and their probabilities."""
    ranking = np.argsort(-row, kind="stable")  # stable: of equal logits the lower id first
    ranking = ranking[row[ranking] > -np.inf][:top_k]
    weights = np.exp((row[ranking] - row[ranking[0]]) / temperature)
    weights /= weights.sum()
    if top_p is not None and top_p < 1:
        mass, count = 0.0, 0
        while count == 0 or mass < top_p:
            mass, count = mass + weights[count], count + 1
        ranking, weights = ranking[:count], weights[:count] / mass
    return ranking, weights


def filter_probs(logits, temperature=1.0, top_k=None, top_p=None):
    """Oracle: row by row, token by token down the ranking."""
    probs = np.zeros(logits.shape)
    for place in np.ndindex(logits.shape[:-1]):
        ranking, weights = kept_of(logits[place], temperature, top_k, top_p)
        probs[place][ranking] = weights
    return probs


def crossing_token_left_out(logits, temperature=1.0, top_k=None, top_p=None):
    """The convention 'sum stays at most p', with the best token always kept."""
    probs = np.zeros(logits.shape)
    for place in np.ndindex(logits.shape[:-1]):
        ranking, weights = kept_of(logits[place], temperature, top_k, None)
        count = max(1, int((np.cumsum(weights) <= (1 if top_p is None else top_p) + 1e-9).sum()))
        probs[place][ranking[:count]] = weights[:count] / weights[:count].sum()
    return probs


def next_scores(table, ids):
    """What drive.py's step gives: the row of the prefix's number in the tree of sequences."""
    state = 0
    for token in ids[1:]:
        state = (state * table.shape[1] + token + 1) % table.shape[0]
    return table[state]


def beam_search(table, bos, eos, width, max_len):
    """Oracle: grow, sort by (-logp, ids), cut."""
    beams = [([bos], 0.0)]
    for _ in range(max_len):
        candidates = [beam for beam in beams if eos in beam[0][1:]]
        for ids, logp in beams:
            if eos not in ids[1:]:
                scores = next_scores(table, ids)
                candidates += [([*ids, t], logp + float(s)) for t, s in enumerate(scores) if s > -np.inf]
        beams = sorted(candidates, key=lambda beam: (-beam[1], beam[0]))[:width]
    return beams


# --- inputs ---------------------------------------------------------------------------------------------------


def some_logits(rng, rows=3, v=11, lead=(), blocked=0, offset=2.0, scale=1.0, ties=False):
    """Rows of Zipf's law, -a log(rank), each shuffled and shifted: all rows have the same probabilities in some order.

    So one top_p can be far from every row's cumulative sums, and no rounding moves a cut. `blocked` of the lowest
    become -inf.
    """
    ranks = np.arange(1, v + 1)
    law = -rng.uniform(0.9, 1.4) * np.log(ranks // 3 + 1 if ties else ranks)
    law[max(1, v - blocked) :] = -np.inf
    shape = (*lead, rows) if rows is not None else lead
    logits = rng.permuted(np.broadcast_to(law, (*shape, v)), axis=-1)
    return scale * (logits + rng.uniform(-offset, offset, (*shape, 1)))


def middle_of_widest_gap(logits, temperature, top_k, low, high):
    """A top_p in (low, high) as far as can be from every row's cumulative sums."""
    sums = [np.cumsum(kept_of(row, temperature, top_k, None)[1]) for row in logits.reshape(-1, logits.shape[-1])[:4]]
    points = np.concatenate([[low, high], *sums])
    points = np.sort(points[(points >= low) & (points <= high)])
    widest = int(np.argmax(np.diff(points)))
    return float(points[widest] + points[widest + 1]) / 2


def inputs(rng, temperature=None, top_k=None, p=None, top_p=None, **sizes):
    """Logits and the options that a case asks for; `p` is a range to choose top_p from."""
    logits = some_logits(rng, **sizes)
    if p is not None:
        top_p = middle_of_widest_gap(logits, temperature or 1.0, top_k, *p)
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    return {"logits": logits} | {name: value for name, value in options.items() if value is not None}


def draw_inputs(rng, draws=2000, **options):
    """Two different rows in turn, draws / 2 times each, and a seed."""
    x = inputs(rng, rows=2, v=5, **options)
    return x | {"logits": np.tile(x["logits"], (-(-draws // 2), 1)), "rng": Rng(int(rng.integers(2**63)))}


def beam_inputs(rng, v=4, width=3, max_len=5, steps=2**30, blocked=0, bos=0, eos=1):
    """A table of scores that are multiples of 1/steps: sums are exact in float64, and equal sums are truly equal.

    States are enough for every sequence of three tokens to have its own.
    """
    table = -rng.integers(1, 3 * steps, (1 + v + v**2 + v**3, v)) / steps
    for row in table:
        row[rng.permutation(v)[: min(blocked, v - 1)]] = -np.inf
    return {"table": table, "bos": min(bos, v - 1), "eos": min(eos, v - 1), "width": width, "max_len": max_len}


# --- verdicts on draws, and properties ----------------------------------------------------------------------------


def p_value(inputs, outputs):
    """Pearson's test on pairs of neighbouring draws: it sees a wrong law, swapped rows, and draws that hang together."""
    laws = filter_probs(inputs["logits"][:2], *(inputs.get(n, d) for n, d in DEFAULTS))
    pairs = np.asarray(outputs).reshape(-1, 2)
    v = laws.shape[-1]
    if pairs.min() < 0 or pairs.max() >= v:
        return 0.0
    counts = np.bincount(pairs[:, 0] * v + pairs[:, 1], minlength=v * v)
    return chi_square(counts, np.outer(*laws).ravel())


DEFAULTS = (("temperature", 1.0), ("top_k", None), ("top_p", None))


def every_row_is_a_distribution(answer, x, check):
    """No probability is negative, and every row sums to one."""
    probs = answer(**x)
    check.true(probs >= 0, "a probability is negative")
    check.close(probs.sum(axis=-1), np.ones(probs.shape[:-1]), "sums of the rows")


def renaming_the_tokens_renames_the_probabilities(answer, x, check):
    """Without ties, reversing the vocabulary only reverses the result."""
    check.close(answer(**{**x, "logits": x["logits"][..., ::-1]})[..., ::-1], answer(**x), "with tokens reversed")


def blocked_and_cut_tokens_are_exactly_zero(answer, x, check):
    """What is blocked or cut has the probability 0, not a small one."""
    check.equal(answer(**x) == 0, filter_probs(**x) == 0, "the zeros are in the wrong places")


def top_p_of_one_keeps_everything(answer, x, check):
    """top_p = 1 is the same as no top_p."""
    check.close(answer(**x, top_p=1.0), answer(**x), "with top_p=1 and without")


def the_same_seed_draws_the_same_tokens(answer, x, check):
    """All chance comes from rng, so its seed decides the draws."""
    check.equal(answer(**x), answer(**x), "two calls with the same seed drew differently")


def the_only_possible_token_is_drawn(answer, x, check):
    """Where one token alone is not blocked, every draw gives it, whatever the batch's shape."""
    batch = x["logits"].reshape(2, -1, x["logits"].shape[-1])
    for logits in (batch, batch[0], batch[0, 0]):
        check.equal(answer(logits=logits, rng=x["rng"]), np.argmax(logits, axis=-1), "a blocked token was drawn")


def a_wide_beam_finds_the_best_of_all_sequences(answer, x, check):
    """With room for every sequence, beam search is exhaustive search, and all come out in order."""
    best = sorted(every_sequence(**x), key=lambda beam: (-beam[1], beam[0]))
    found = answer(**x)
    check.true([list(ids) for ids, _ in found] == [ids for ids, _ in best], "not all sequences, best first")


def every_sequence(table, bos, eos, max_len, **_):
    """All finished sequences and all of max_len tokens, with their logp, by recursion."""

    def grow(ids, logp):
        if len(ids) > 1 and (ids[-1] == eos or len(ids) > max_len):
            return [(ids, logp)]
        return [b for t, s in enumerate(next_scores(table, ids)) for b in grow([*ids, t], logp + float(s))]

    return grow([bos], 0.0)


def a_beam_of_one_is_greedy(answer, x, check):
    """With width 1 the most probable token is taken each time."""
    ids = [x["bos"]]
    while len(ids) <= x["max_len"] and x["eos"] not in ids[1:]:
        ids.append(int(np.argmax(next_scores(x["table"], ids))))
    check.true([list(found) for found, _ in answer(**x)] == [ids], f"greedy search gives {ids}")


# --- cost and cases ---------------------------------------------------------------------------------------------


def cost(rows, v, itemsize, **_):
    return Cost(flops=rows * v * np.log2(v), bytes_moved=2 * rows * v * itemsize)  # comparisons of a full sort


FILTER_CASES = (
    case("no filter"),
    case("one row", rows=None, v=7),
    case("hot", temperature=2.5, why="a temperature above 1 flattens"),
    case("cold", temperature=0.4, lead=(2,)),
    case("top k", top_k=4),
    case("top p", p=(0.3, 0.9), why="the token that crosses top_p stays"),
    case("temperature before top p", temperature=3.0, p=(0.4, 0.8), v=13, why="top-p acts on tempered probabilities"),
    case("top k before top p", top_k=4, p=(0.55, 0.95), why="top-p acts on what top-k left, scaled to sum 1"),
    case("all three", temperature=1.7, top_k=7, p=(0.3, 0.9), v=17, lead=(2, 2), rows=2),
    case("large vocabulary", v=997, rows=2, temperature=0.8, p=(0.4, 0.6)),
    case("no rows", mark="robust", rows=0),
    case("one token", mark="robust", v=1, top_k=3, top_p=0.5),
    case("top k above v", mark="robust", v=5, top_k=50),
    case("top k of one", mark="robust", top_k=1, why="greedy: all the weight on the best token"),
    case("top p of zero", mark="robust", top_p=0.0, why="at least one token stays"),
    case("top p of one", mark="robust", top_p=1.0),
    case("ties at the cut", mark="robust", v=11, top_k=4, ties=True, why="of equal logits the lower id is kept"),
    case("ties under top p", mark="robust", v=11, p=(0.5, 0.9), ties=True, why="of equal logits the lower id is kept"),
    case("blocked tokens", mark="robust", v=9, blocked=5, top_k=6, p=(0.5, 0.9), why="-inf is never brought back"),
    case("huge logits", mark="robust", scale=1e4, why="exp overflows unless the largest is subtracted"),
    case("nearly zero temperature", mark="robust", temperature=1e-4, why="the limit is the best token"),
)

BEAM_CASES = (
    case("narrow", width=2),
    case("wide", v=7, width=11, max_len=6),
    case("two rounds", v=5, width=4, max_len=2),
    case("many rounds", v=3, width=3, max_len=12, eos=2, why="finished sequences compete with growing ones"),
    case("no rounds", mark="robust", max_len=0, why="only the start is left: ([bos], 0.0)"),
    case(
        "equal scores",
        mark="robust",
        steps=1,
        v=5,
        width=200,
        max_len=3,
        why="of equal logp the smaller ids come first",
    ),
    case("equal scores at the cut", mark="robust", steps=1, v=5, width=24, why="of equal logp the smaller ids stay"),
    case("forbidden tokens", mark="robust", v=6, blocked=4, width=40, max_len=3, why="-inf is never taken"),
    case("bos is eos", mark="robust", bos=2, eos=2, width=4, why="bos itself finishes nothing"),
)

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            name="filter_probs",
            oracle=filter_probs,
            inputs=inputs,
            cases=FILTER_CASES,
            properties=(
                holds(every_row_is_a_distribution, temperature=1.3, top_k=6, p=(0.3, 0.9), rows=5),
                holds(renaming_the_tokens_renames_the_probabilities, temperature=0.7, top_k=9, p=(0.4, 0.9)),
                holds(blocked_and_cut_tokens_are_exactly_zero, blocked=3, top_k=7, p=(0.4, 0.9)),
                holds(top_p_of_one_keeps_everything, v=499, temperature=0.7),
            ),
            conventions=(Convention("the token that crosses top_p is left out", crossing_token_left_out),),
        ),
        Part(
            name="sample",
            inputs=draw_inputs,
            p_value=p_value,
            outputs=lambda logits, **_: Array("int64", logits.shape[:-1]),
            properties=(
                holds(the_same_seed_draws_the_same_tokens, draws=500),
                holds(the_only_possible_token_is_drawn, draws=6, blocked=4),
            ),
            cases=(
                case("plain draws", draws=2000),
                case("hot draws", draws=2000, temperature=3.0),
                case("draws from the top three", draws=2000, top_k=3),
                case("draws from a nucleus", draws=2000, temperature=1.5, p=(0.5, 0.8)),
                case("draws with blocked tokens", draws=2000, mark="robust", blocked=2),
            ),
        ),
        Part(
            name="beam_search",
            oracle=beam_search,
            inputs=beam_inputs,
            outputs=Plain(list),
            cases=BEAM_CASES,
            properties=(
                holds(a_wide_beam_finds_the_best_of_all_sequences, v=4, width=300, max_len=4),
                holds(a_beam_of_one_is_greedy, width=1, v=5, max_len=8),
            ),
            dtypes=(),
        ),
    ),
    timings=(
        Timing(
            case("nucleus of 50257 tokens", rows=32, v=50257, temperature=0.8, p=(0.4, 0.6)),
            cost,
            scaling="v",
            yardstick={"numpy": "partial_sort.py", "torch": "with_torch.py", "cupy": "with_array_api.py"},
            fresh="draw",  # scaling the logits would move the cumulative sums across top_p
        ),
    ),
    policy=Policy(
        banned=(
            "base", "transformers", "torch.distributions",
            Ban("torch.softmax", unless_earned="softmax"), Ban("torch.nn.functional.softmax", unless_earned="softmax"),
            Ban("scipy.special.softmax", unless_earned="softmax"),
        ),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("crossing token dropped", "cut = before >= top_p", "cut = before + weights >= top_p", "top p"),
        Mistake("best token not protected", "        cut[..., 0] = False\n", "", "top p of zero"),
        Mistake("cumulative sum in ascending order", "np.cumsum(weights, axis=-1) - weights",
                "np.cumsum(weights[..., ::-1], axis=-1)[..., ::-1] - weights", "top p"),
        Mistake("not renormalized after top-p", "weights[cut] = 0\n        weights /= weights.sum(axis=-1, keepdims=True)",
                "weights[cut] = 0", "top p"),
        Mistake("top-p before temperature", "before = np.cumsum(weights, axis=-1) - weights",
                "cold = np.exp(ranked - ranked[..., :1])\n        cold = cold / cold.sum(axis=-1, keepdims=True)\n"
                "        before = np.cumsum(cold, axis=-1) - cold", "temperature before top p"),
        Mistake("top-p before top-k is scaled", "        weights[..., top_k:] = 0\n    weights /= weights.sum(axis=-1, keepdims=True)\n",
                "        total = weights.sum(axis=-1, keepdims=True)\n        weights[..., top_k:] = 0\n        weights /= total\n"
                "    else:\n        weights /= weights.sum(axis=-1, keepdims=True)\n", "top k before top p"),
        Mistake("multiplies by the temperature", "/ temperature)", "* temperature)", "hot"),
        Mistake("largest not subtracted", "np.exp((ranked - ranked[..., :1]) / temperature)", "np.exp(ranked / temperature)",
                "huge logits"),
        Mistake("ties to the higher id", 'np.argsort(-logits, axis=-1, kind="stable")',
                'np.argsort(logits, axis=-1, kind="stable")[..., ::-1]', "ties at the cut"),
        Mistake("keeps all that equal the k-th", "weights[..., top_k:] = 0",
                "weights[ranked < ranked[..., min(top_k, ranked.shape[-1]) - 1 :][..., :1]] = 0", "ties at the cut"),
        Mistake("result left in the order of the ranking", "np.put_along_axis(probs, order, weights, axis=-1)",
                "probs[...] = weights", "no filter"),
        Mistake("always the best token", "(cumulative <= u[..., None] * cumulative[..., -1:]).sum(axis=-1)",
                "np.argmax(logits, axis=-1)", "plain draws"),
        Mistake("one random number for all rows", "u = rng.random(logits.shape[:-1])",
                "u = np.full(logits.shape[:-1], rng.random())", "plain draws"),
        Mistake("temperature left out when drawing", "filter_probs(logits, temperature, top_k, top_p), axis=-1)",
                "filter_probs(logits, 1.0, top_k, top_p), axis=-1)", "hot draws"),
        Mistake("filters left out when drawing", "filter_probs(logits, temperature, top_k, top_p), axis=-1)",
                "filter_probs(logits, temperature), axis=-1)", "draws from the top three"),
        Mistake("a generator of its own", "u = rng.random(", "u = np.random.default_rng().random(",
                "the same seed draws the same tokens"),
        Mistake("finished beams extended", "if eos in ids[1:]:", "if False:", "many rounds"),
        Mistake("finished beams dropped", "candidates.append((ids, logp))\n                continue", "continue", "many rounds"),
        Mistake("bos that equals eos ends the search", "if eos in ids[1:]:", "if eos in ids:", "bos is eos"),
        Mistake("beams ranked by mean logp", "(-beam[1], beam[0])", "(-beam[1] / max(len(beam[0]) - 1, 1), beam[0])",
                "a wide beam finds the best of all sequences"),
        Mistake("ties in order of discovery", "key=lambda beam: (-beam[1], beam[0])", "key=lambda beam: -beam[1]", "equal scores"),
        Mistake("forbidden tokens taken", "if score > -np.inf:", "if True:", "forbidden tokens"),
    ),
    equivalent=(
        Equivalent("filter_probs", "if top_p is not None and top_p < 1:", "if top_p is not None and top_p <= 1:",
                   "what the rounding of a sum may cut at 1 is smaller than any error that is told"),
        Equivalent("filter_probs", "cut = before >= top_p", "cut = before > top_p",
                   "where a sum is top_p to the last bit, the rounding of a softmax decides"),
        Equivalent("sample", "return (cumulative <= u[..., None] * cumulative[..., -1:]).sum(axis=-1)",
                   "return (cumulative < u[..., None] * cumulative[..., -1:]).sum(axis=-1)", "a drawn number meets an edge once in 2**53"),
        Equivalent("sample", "return (cumulative <= u[..., None] * cumulative[..., -1:]).sum(axis=-1)",
                   "return (cumulative <= u[..., None] / cumulative[..., -1:]).sum(axis=-1)", "a row sums to 1, to within rounding"),
    ),
    hints=(
        "Everything gets simple in ranked order: sort each row once, do both cuts there, and put the result back.",
        "After top-k scale to sum 1 before you look at top-p. A token stays while the mass *before* it is below top_p.",
        "order = argsort(-logits, stable); weights = exp((ranked - ranked[..., :1]) / T); zero [top_k:]; normalise; zero where "
        "cumsum - weights >= top_p, but never at place 0, and nowhere for top_p = 1; normalise; put_along_axis(probs, order, weights). Draw with "
        "(cumsum(probs) <= u * total).sum(-1). In beam search, put finished beams among the candidates as they are.",
    ),
)  # fmt: skip
