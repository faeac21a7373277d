"""Dropout, its backward and its moments on a linear unit: what an answer must do, and what it costs.

Sources: Hinton et al. 2012, https://arxiv.org/abs/1207.0580; Srivastava et al. 2014,
https://jmlr.org/papers/v15/srivastava14a.html

What is drawn is free, so `dropout` is judged by what holds for every mask, and by the law of masks: how often each pattern
of neighbouring entries comes up, and whether a mask repeats itself at any distance, at a significance level of 1e-9.

Sizes: x is (n, d) or (n,); n rows of d entries.
"""

import numpy as np

from harness.spec import (
    FLOAT,
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
    case,
    chi_square,
    holds,
)  # fmt: skip

ENOUGH = 2000  # rows from which on patterns are counted
RARE = 1e-9

# --- oracles, in float64 ----------------------------------------------------------------------------------------


def kept_and_scaled(values, mask, p):
    """values / (1 - p) where the mask says so, and 0 elsewhere."""
    result = np.zeros(values.shape)
    result[mask] = values[mask] / (1 - p)
    return result


def dropout_backward(dy, mask, p):
    return kept_and_scaled(dy, mask, p)


def ensemble_moments(w, x, p):
    """Input by input: it adds 0 with probability p, else w x / (1 - p); means and variances of independent terms add up."""
    mean, variance = np.zeros(len(x)), np.zeros(len(x))
    for weight, column in zip(w, x.T, strict=True):
        kept = weight * column / (1 - p) if p < 1 else 0 * column
        own_mean = (1 - p) * kept
        mean += own_mean
        variance += p * own_mean**2 + (1 - p) * (kept - own_mean) ** 2
    return mean, variance


def without_scale(dy, mask, p):
    return dy * mask


def moments_without_scale(w, x, p):
    mean, variance = ensemble_moments(w, x, p)
    return (1 - p) * mean, (1 - p) ** 2 * variance


ORIGINAL = "the original dropout, which scales in evaluation instead of training; asked is 1 / (1 - p) in training"


# --- inputs -----------------------------------------------------------------------------------------------------


def inputs(rng, n=6, d=5, p=0.3, train=True):
    """No entry is 0, so that a kept one can be told from a dropped one."""
    x = rng.uniform(0.5, 2.0, (n,) if d is None else (n, d)) * rng.choice([-1.0, 1.0], (n,) if d is None else (n, d))
    return {"x": x, "p": p, "train": train, "rng": Rng(int(rng.integers(2**63)))}


def two_inputs(rng, **sizes):
    x = inputs(rng, **sizes)
    del x["train"]
    return x


def backward_inputs(rng, p=0.3, **sizes):
    """A mask that has both kinds of entries, but for p = 0 and p = 1."""
    x = inputs(rng, p=p, **sizes)["x"]
    mask = rng.random(x.shape) >= p
    if 0 < p < 1 and x.size > 1:
        mask.flat[0], mask.flat[1] = True, False
    return {"dy": x, "mask": mask, "p": p}


def unit_inputs(rng, n=4, d=6, p=0.3, signs=False):
    """Positive terms, where a sum of few must not cancel; of both signs with `signs`."""
    w, x = rng.uniform(0.5, 1.5, d), rng.uniform(0.5, 2.0, (n, d))
    return {"w": w * rng.choice([-1.0, 1.0], d) if signs else w, "x": x, "p": p}


def outputs(x, **_):
    return Array(FLOAT, x.shape), Array("bool", x.shape)


def two_outputs(x, **_):
    return outputs(x), outputs(x)


# --- what must hold whatever is drawn ---------------------------------------------------------------------------


def verify(inputs, outputs, check):
    x, p, (y, mask) = inputs["x"], inputs["p"], outputs
    if not inputs.get("train", True):
        check.true(mask.all(), "in evaluation an entry of the mask is False")
        check.equal(y.astype(np.float64), x, "in evaluation y is not x")
        return
    check.close(y, kept_and_scaled(x, mask, p), "y against x / (1 - p) where the mask is True, 0 elsewhere")
    verify_share(mask, p, check)
    if mask.size >= ENOUGH:
        verify_no_echo(mask, p, check)
    if mask.ndim == 2 and len(mask) >= ENOUGH:
        even, odd = (mask[first : len(mask) // 2 * 2 : 2] for first in (0, 1))
        verify_patterns((even[:, 0], even[:, 1], odd[:, 0], odd[:, -1]), p, check, "in two rows")


def verify_share(mask, p, check):
    """Bernstein's inequality: a right answer is further off than this once in 1e9 runs."""
    expected, variance = mask.size * (1 - p), mask.size * p * (1 - p)
    far = abs(int(mask.sum()) - expected)
    room = 8 * np.sqrt(variance) + 14 * (variance > 0)
    check.true(far <= room, f"{mask.sum():,} of {mask.size:,} entries are kept; expected are about {expected:,.0f}")


def verify_no_echo(mask, p, check):
    """A mask repeats itself where programs of a kernel draw from one counter: its correlation with itself, moved by each distance.

    The products are the steps of a martingale, no larger than 1, so Bernstein's inequality holds for them too (Freedman 1975,
    https://doi.org/10.1214/aop/1176996452).
    """
    n, centred = mask.size, mask.ravel() - (1 - p)
    sums = np.fft.irfft(np.abs(np.fft.rfft(centred, 2 * n)) ** 2)[1:n]
    room = 8 * np.sqrt(np.arange(n - 1, 0, -1)) * p * (1 - p) + 14
    far = int(np.argmax(np.abs(sums) - room))
    check.true(abs(sums[far]) <= room[far], f"entries that are {far + 1:,} apart are not dropped independently")


def verify_patterns(bits, p, check, where):
    """All 2^k patterns of k entries must come up as often as independent ones do."""
    patterns = sum(bit.astype(int) << i for i, bit in enumerate(bits))
    kept = np.array([bin(i).count("1") for i in range(2 ** len(bits))])
    law = (1 - p) ** kept * p ** (len(bits) - kept)
    counts = np.bincount(patterns, minlength=len(law))
    check.true(
        chi_square(counts, law) >= RARE, f"{len(bits)} entries {where} are not dropped independently, each with p"
    )


def verify_two_calls(inputs, outputs, check):
    for one in outputs:
        verify(inputs, one, check)
    (_, first), (_, second) = outputs
    bits = (first[:, 0], second[:, 0], first[:, 1], second[:, 1])
    verify_patterns(bits, inputs["p"], check, "of two calls")


# --- properties -------------------------------------------------------------------------------------------------


def the_same_seed_gives_the_same_mask(answer, x, check):
    """A generator in the same state gives the same mask and the same y."""
    for first, second in zip(answer(**x), answer(**x), strict=True):
        check.equal(first, second, "two calls with generators of the same seed differ")


def another_seed_gives_another_mask(answer, x, check):
    """Generators of different seeds give different masks."""
    other = {**x, "rng": Rng(x["rng"].seed ^ 1)}
    check.true((answer(**x)[1] != answer(**other)[1]).any(), "two seeds give one mask")


def the_gradient_goes_where_the_value_went(answer, x, check):
    """Sent back through the mask, x itself arrives as y: the backward has the forward's mask and scale."""
    sent = {"x": x["dy"], "p": x["p"], "train": True, "rng": Rng(5)}
    y, mask = answer.part("dropout", **sent)
    check.close(answer(dy=x["dy"], mask=mask, p=x["p"]), y, "x sent back, against y")


def the_mean_over_masks_is_the_unit_without_dropout(answer, x, check):
    """The mean over all masks does not depend on p: it is what the unit gives in evaluation."""
    without = answer(**{**x, "p": 0.0})[0]
    for p in (0.1, 0.5, 0.9):
        check.close(answer(**{**x, "p": p})[0], without, f"the mean for p = {p} against p = 0")


# --- cases ------------------------------------------------------------------------------------------------------

EDGES = (
    case("p = 0", p=0.0, mark="robust", why="nothing is dropped and nothing scaled"),
    case("p = 1", p=1.0, mark="robust", why="everything is dropped: zeros, not 0/0"),
    case("no rows", n=0, mark="robust", why="an empty batch comes back empty"),
)
CASES = (
    case("many rows", n=4000, d=4, why="each entry is dropped with probability p, on its own"),
    case("many rows, p = 0.8", n=4000, d=4, p=0.8, why="p is the share that is dropped, not kept"),
    case("many rows, p = 1/2", n=4000, d=3, p=0.5),
    case("a long vector", n=20000, d=None),
    case("small", n=3, d=4),
    case("evaluation", train=False, why="the scaling was done in training"),
    case("evaluation, p = 0.8", p=0.8, train=False),
    *EDGES,
    case("evaluation, p = 1", p=1.0, train=False, mark="robust", why="p has no say in evaluation"),
    case("nearly all dropped", n=20000, d=None, p=0.999, mark="robust"),
    case("few dropped", n=20000, d=None, p=0.01, mark="robust"),
)
BACKWARD_CASES = (
    case("matrix"),
    case("vector", n=9, d=None),
    case("most dropped", n=30, p=0.9, why="the scale is the forward's, 1 / (1 - p) = 10"),
    *EDGES,
)
UNIT_CASES = (
    case("six inputs"),
    case("six inputs, p = 0.8", p=0.8),
    case("six inputs, p = 1/2", p=0.5),
    case("one input", d=1),
    case("weights of both signs", n=9, d=8, signs=True, why="terms add up with their signs, variances without"),
    case("a thousand inputs", d=1000, mark="robust", why="2^1000 masks cannot be listed"),
    case("p near 0", p=1e-4, mark="robust", why="the variance is far below the squared mean; E[u^2] - E[u]^2 would cancel"),
    *EDGES,
)  # fmt: skip


def cost(itemsize, n, d, **_):
    """One product and one comparison an entry; x is read, y and a mask of one byte an entry are written."""
    return Cost(flops=2 * n * d, bytes_moved=(2 * itemsize + 1) * n * d)


SIZE = case("2048 rows of 1024", n=2048, d=1024)
FASTEST = {"numpy": "in_blocks.py", "torch": "with_torch.py", "cupy": "with_array_api.py", "triton": "triton_kernel.py"}
DRAWN = "rng.random(x.shape) >= p"
FORWARD = "return x * mask * _scale(p), mask"
VARIANCE = "(terms**2).sum(axis=1) * (p / (1 - p))"

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "dropout", inputs, CASES, verify=verify, outputs=outputs,
            properties=(
                holds(the_same_seed_gives_the_same_mask, n=8, d=8),
                holds(another_seed_gives_another_mask, n=16, d=16, p=0.5),
            ),
        ),
        Part(
            "two_calls", two_inputs,
            (case("four thousand rows", n=4000, d=3, why="one generator: the second call draws anew"), case("p = 1/2", n=4000, d=3, p=0.5)),
            verify=verify_two_calls, outputs=two_outputs,
        ),
        Part(
            "dropout_backward", backward_inputs, BACKWARD_CASES, dropout_backward,
            properties=(holds(the_gradient_goes_where_the_value_went, n=9, d=7, p=0.4),),
            conventions=(Convention(ORIGINAL, without_scale),),
        ),
        Part(
            "ensemble_moments", unit_inputs, UNIT_CASES, ensemble_moments,
            properties=(the_mean_over_masks_is_the_unit_without_dropout,),
            conventions=(Convention(ORIGINAL, moments_without_scale),),
        ),
    ),
    timings=(
        Timing(SIZE, cost, part="dropout", scaling="n", yardstick=FASTEST),
        Timing(SIZE, cost, part="dropout_backward", scaling="n", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@nn", "torch.dropout", "torch.native_dropout", "torch.feature_dropout", "torch.alpha_dropout",
            "torch.dropout_", "torch.ops",
        ),
        earns=("torch.nn.Dropout", "torch.nn.functional.dropout"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("no 1 / (1 - p)", FORWARD, "return x * mask, mask", "dropout/many rows"),
        Mistake("multiplied by 1 - p", FORWARD, "return x * mask * (1 - p), mask", "dropout/many rows"),
        Mistake("scaled by 1 / p", FORWARD, "return x * mask / (p or 1), mask", "dropout/many rows"),
        Mistake("p is the share that is kept", DRAWN, "rng.random(x.shape) < p", "dropout/many rows, p = 0.8"),
        Mistake("the mask marks what is dropped", FORWARD, "return x * mask * _scale(p), ~mask", "dropout/many rows"),
        Mistake("0/0 at p = 1", "1 / (1 - p) if p < 1 else 0.0", "np.divide(1.0, 1 - p)", "dropout/p = 1"),
        Mistake("one mask for all rows", DRAWN, "np.broadcast_to(rng.random(x.shape[1:]), x.shape) >= p", "dropout/many rows"),
        Mistake("one draw for each row", DRAWN, "np.broadcast_to(rng.random(x.shape[:1] + (1,) * (x.ndim - 1)), x.shape) >= p", "dropout/many rows"),
        Mistake("the same numbers again after 4,096", DRAWN, "np.resize(rng.random(4096), x.shape) >= p", "dropout/a long vector"),
        Mistake("a generator of its own", DRAWN, "np.random.default_rng().random(x.shape) >= p", "the same seed gives the same mask"),
        Mistake("a fixed seed", DRAWN, "np.random.default_rng(0).random(x.shape) >= p", "another seed gives another mask"),
        Mistake("a copy of the generator draws", DRAWN, "__import__('copy').deepcopy(rng).random(x.shape) >= p", "two_calls/four thousand rows"),
        Mistake("drops in evaluation too", "if not train:", "if False:", "dropout/evaluation"),
        Mistake("never drops", "if not train:", "if True:", "dropout/many rows"),
        Mistake("scales in evaluation", "return x.copy(), np.ones", "return x * (1 - p), np.ones", "dropout/evaluation"),
        Mistake("evaluation's mask is empty", "return x.copy(), np.ones(x.shape, bool)", "return x.copy(), np.zeros(x.shape, bool)", "dropout/evaluation"),
        Mistake("backward without the scale", "return dy * mask * _scale(p)\n", "return dy * mask\n", "dropout_backward/matrix"),
        Mistake("backward without the mask", "return dy * mask * _scale(p)\n", "return dy * _scale(p)\n", "dropout_backward/matrix"),
        Mistake("backward through what was dropped", "return dy * mask * _scale(p)\n", "return dy * ~mask * _scale(p)\n", "dropout_backward/matrix"),
        Mistake("backward multiplies by 1 - p", "return dy * mask * _scale(p)\n", "return dy * mask * (1 - p)\n", "dropout_backward/matrix"),
        Mistake("the mean without the scale", "return terms.sum(axis=1), (", "return (1 - p) * terms.sum(axis=1), (", "the mean over masks is the unit without dropout"),
        Mistake("the variance of a coin, p (1 - p)", VARIANCE, "(terms**2).sum(axis=1) * (p * (1 - p))", "ensemble_moments/six inputs"),
        Mistake("the odds upside down", VARIANCE, "(terms**2).sum(axis=1) * ((1 - p) / max(p, 1e-9))", "ensemble_moments/six inputs"),
        Mistake("the square of the sum", VARIANCE, "terms.sum(axis=1) ** 2 * (p / (1 - p))", "ensemble_moments/six inputs"),
        Mistake("the deviation, not the variance", VARIANCE, "((terms**2).sum(axis=1) * (p / (1 - p))) ** 0.5", "ensemble_moments/six inputs"),
        Mistake("p = 1 divides by 0", "if p == 1:", "if p > 1:", "ensemble_moments/p = 1"),
    ),
    equivalent=(
        Equivalent("dropout", "mask = rng.random(x.shape) >= p", "mask = rng.random(x.shape) > p", "a drawn number equals p once in 2**53"),
        Equivalent("_scale", "return 1 / (1 - p) if p < 1 else 0.0", "return 1 / (1 - p) if p < 1 else 1.0", "at p = 1 the mask keeps nothing"),
    ),
    hints=(
        "An entry is kept with probability 1 - p. By what must it be multiplied, then, for its mean to stay what it was?",
        "Draw one uniform number an entry from rng and compare it with p. Multiply by the mask and by 1 / (1 - p), but for p = 1. The backward multiplies "
        "dy by the same two things. For the moments: variances of independent terms add up.",
        "mask = rng.random(x.shape) >= p; y = x * mask / (1 - p); dx = dy * mask / (1 - p); in evaluation x itself. A term w x m / (1 - p) has mean w x and "
        "variance (w x)^2 p / (1 - p), so the unit has mean w . x and variance p / (1 - p) * sum (w x)^2.",
    ),
)  # fmt: skip
