"""Entropy, cross-entropy, joint and conditional entropy: what an answer must do, and what it costs.

Sources: Shannon 1948, https://doi.org/10.1002/j.1538-7305.1948.tb01338.x; Cover, Thomas 2006,
https://doi.org/10.1002/047174882X chapter 2.

Sizes: p is (b, m, n), (m, n) or (n,): b and m are left out where None.
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, Tolerance, case, holds


def surprise(q):
    """-log q; inf for what is impossible."""
    with np.errstate(divide="ignore"):
        return -np.log(q)


def expected(p, values, axis):
    """The mean of the values under p, over what may happen."""
    return np.sum(np.multiply(p, values, out=np.zeros_like(p), where=p > 0), axis=axis)


def entropy(p, base=None, axis=-1):
    """Oracle: the expected surprise."""
    return expected(p, surprise(p), axis) / (1.0 if base is None else np.log(base))


def cross_entropy(p, q, axis=-1):
    """Oracle: the expected surprise of who believes q."""
    return expected(p, surprise(q), axis)


def joint_entropy(p):
    return expected(p, surprise(p), None)


def conditional_entropy(p):
    """Oracle: the entropies of the rows' own distributions, weighted by how likely each row is."""
    return sum((row.sum() * entropy(row / row.sum()) for row in p if row.sum() > 0), start=np.float64(0.0))


def in_bits(oracle):
    return lambda **inputs: oracle(**inputs) / np.log(2)


def of_rows_given_columns(p):
    return conditional_entropy(p.T)


# --- inputs -----------------------------------------------------------------------------------------------------


def distributions(rng, shape, axis=-1, kind="dense"):
    """Random probabilities along `axis`. `kind` says what is special about them."""
    weights = rng.gamma(1.0, 1.0, shape) + 1e-3
    if kind == "some zeros":
        where = [slice(None)] * len(shape)
        where[axis] = slice(1, None, 3)
        weights[tuple(where)] = 0
    if kind == "uniform":
        weights[...] = 1
    if kind == "one-hot":
        weights = (weights == weights.max(axis=axis, keepdims=True)).astype(np.float64)
    if kind == "tiny":
        weights = np.exp(rng.uniform(-80, 0, shape))
        likely = np.moveaxis(weights, axis, -1)[..., :2]  # two of them, or all the entropy is what rounding leaves of 0
        likely[...] = rng.uniform(0.5, 1, likely.shape)
    return weights / weights.sum(axis=axis, keepdims=True)


def inputs(rng, b=None, m=4, n=7, axis=None, base=None, kind="dense"):
    shape = tuple(size for size in (b, m, n) if size is not None)
    options = {name: value for name, value in (("base", base), ("axis", axis)) if value is not None}
    return {"p": distributions(rng, shape, -1 if axis is None else axis, kind)} | options


def pair_inputs(rng, b=None, m=4, n=7, axis=None, kind="dense", q_kind="dense"):
    """p and q; q_kind 'as p': q is 0 exactly where p is, 'less than p': q is 0 in one place where p is not."""
    p = inputs(rng, b, m, n, axis, kind=kind)
    like = "some zeros" if q_kind == "as p" else "dense" if q_kind == "less than p" else q_kind
    q = distributions(rng, p["p"].shape, -1 if axis is None else axis, like)
    if q_kind == "less than p":
        q[0, 0], q[0, 1] = 0.0, q[0, 0] + q[0, 1]
    return {"p": p.pop("p"), "q": q, **p}


def table_inputs(rng, n=4, m=6, kind="dense"):
    """p (n, m), all of which sums to one."""
    weights = rng.gamma(1.0, 1.0, (n, m)) + 1e-3
    if kind == "some zeros":
        weights[:, ::3] = 0
    if kind == "a row of zeros":
        weights[1] = 0
    if kind == "independent":
        weights = np.outer(weights[:, 0], weights[0])
    if kind == "the row tells the column":
        weights *= np.arange(m) == rng.integers(m, size=(n, 1))
    return {"p": weights / weights.sum()}


# --- properties -------------------------------------------------------------------------------------------------


def the_uniform_distribution_has_most(answer, x, check):
    """n equally likely outcomes have entropy log n, and no other distribution over n outcomes has more."""
    n = x["p"].shape[-1]
    check.close(answer(p=np.full_like(x["p"], 1 / n)), np.full(len(x["p"]), np.log(n)), "the entropy of equal outcomes")
    check.true(answer(**x) <= np.log(n) * (1 + 1e-5), f"an entropy is above log({n})")


def order_does_not_matter(answer, x, check):
    """Naming the outcomes otherwise changes nothing."""
    check.close(answer(p=np.ascontiguousarray(x["p"][:, ::-1])), answer(**x), "outcomes in the opposite order")


def mixing_adds_uncertainty(answer, x, check):
    """Entropy is concave: a mixture of two distributions has at least the mean of their entropies."""
    p, q = x["p"], np.ascontiguousarray(x["p"][::-1])
    mean = (answer(p=p) + answer(p=q)) / 2
    check.true(answer(p=(p + q) / 2) >= mean * (1 - 1e-5), "a mixture has less entropy than its parts have on average")


def a_base_is_a_unit(answer, x, check):
    """The entropy to base b is that in nats divided by log b."""
    for base in (2, 3.0, 10):
        check.close(answer(**x, base=base), answer(**x) / np.log(base), f"the entropy to base {base}")


def any_axis_is_the_last_after_moving_it(answer, x, check):
    """Working along an axis is the same as moving that axis to the end and working there."""
    for axis in (0, 1, -2):
        moved = {name: np.ascontiguousarray(np.moveaxis(value, axis, -1)) for name, value in x.items()}
        check.close(answer(**x, axis=axis), answer(**moved), f"along axis {axis}")


def believing_the_truth_is_cheapest(answer, x, check):
    """The cross-entropy of p with itself is its entropy, and that with any q is no less."""
    own = answer(p=x["p"], q=x["p"])
    check.close(own, entropy(x["p"].astype(np.float64)), "the cross-entropy of p with p")
    check.true(answer(**x) >= own * (1 - 1e-5), "some q is cheaper than p itself")


def the_joint_entropy_of_independent_things_is_the_sum(answer, x, check):
    """H(X, Y) = H(X) + H(Y) if X and Y are independent, and less otherwise."""
    p = x["p"].astype(np.float64)
    apart = entropy(p.sum(axis=0)) + entropy(p.sum(axis=1))
    check.close(answer(**x), apart, "the joint entropy of an independent pair")
    check.true(
        answer(p=np.ascontiguousarray(x["p"][:4, :4] * 0 + np.eye(4, dtype=x["p"].dtype) / 4)) < 1.5,
        "X = Y counted twice",
    )


def transposing_changes_nothing(answer, x, check):
    """H(X, Y) = H(Y, X)."""
    check.close(answer(p=np.ascontiguousarray(x["p"].T)), answer(**x), "the joint entropy of the transposed table")


def what_is_left_after_the_row_is_known(answer, x, check):
    """Chain rule: H(Y|X) = H(X, Y) - H(X); and knowing X never adds uncertainty: H(Y|X) <= H(Y)."""
    p = x["p"].astype(np.float64)
    got = answer(**x)
    check.close(got, joint_entropy(p) - entropy(p.sum(axis=1)), "H(X, Y) - H(X)", slack=4)
    check.true(got <= entropy(p.sum(axis=0)) + 1e-5, "H(Y|X) is above H(Y)")


# --- cases and speed --------------------------------------------------------------------------------------------

ORDINARY = (
    case("matrix"),
    case("vector", m=None, n=5, why="one distribution gives one number, of shape ()"),
    case("three axes", b=2, m=3, n=5),
    case("down the columns", m=5, n=3, axis=0, why="every column is a distribution, not every row"),
    case("middle axis", b=2, m=5, n=3, axis=1),
    case("axis counted from the back", b=2, m=5, n=3, axis=-3),
)
EDGES = (
    case("one outcome", n=1, mark="robust", why="what is certain has entropy 0"),
    case("no rows", m=0, mark="robust", why="an empty batch comes back empty"),
    case("some zeros", kind="some zeros", n=8, mark="robust", why="0 log 0 is 0"),
    case("one-hot rows", kind="one-hot", mark="robust", why="exactly 0, not 1e-12"),
    case("probabilities down to 1e-35", kind="tiny", n=9, mark="robust", why="small is not zero"),
    case("long rows", m=3, n=257, mark="robust"),
)
SQUARE = case("1024 rows of 1024", m=1024, n=1024)


def cost(itemsize, m, n):
    """A logarithm, a product and a sum an entry; p read once."""
    return Cost(flops=3 * m * n, bytes_moved=itemsize * (m * n + m))


def pair_cost(itemsize, m, n):
    return Cost(flops=3 * m * n, bytes_moved=itemsize * (2 * m * n + m))


FASTEST = {"numpy": "vectorized.py", "torch": "with_torch.py"}
SUBTRACTS = Tolerance(
    4e-6, "H(X, Y) - H(X) is a right answer too, and subtracts two numbers near each other", absolute=4e-6
)
ENTR = "    log_p = xp.log(xp.where(p > 0, p, xp.ones_like(p)))  # log 1 = 0 stands in where p is 0\n"
LOG_Q = "xp.log(xp.where(possible, q, xp.ones_like(q)))"
GIVEN = "p / xp.where(row > 0, row, xp.ones_like(row))"
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "entropy", inputs, oracle=entropy,
            cases=(*ORDINARY, case("bits", base=2), case("base ten, down the columns", base=10, axis=0),
                   case("uniform", kind="uniform"), *EDGES),
            properties=(
                the_uniform_distribution_has_most, order_does_not_matter, mixing_adds_uncertainty, a_base_is_a_unit,
                holds(any_axis_is_the_last_after_moving_it, b=3, m=3, n=3),
            ),
            conventions=(Convention("bits where no base is given; asked are nats", in_bits(entropy)),),
        ),
        Part(
            "cross_entropy", pair_inputs, oracle=cross_entropy,
            cases=(
                *ORDINARY, *EDGES,
                case("impossible for both", kind="some zeros", q_kind="as p", n=8, mark="robust", why="0 log 0 is 0, for q too"),
                case("impossible for q only", q_kind="less than p", mark="robust", why="inf: one such outcome refutes q"),
                case("q certain", kind="one-hot", q_kind="one-hot", mark="robust", why="0 where q is right, inf where it is wrong"),
            ),
            properties=(believing_the_truth_is_cheapest, holds(any_axis_is_the_last_after_moving_it, b=3, m=3, n=3)),
            conventions=(
                Convention("bits; asked are nats", in_bits(cross_entropy)),
                Convention("-sum(q log p), with p and q exchanged", lambda p, q, axis=-1: cross_entropy(q, p, axis)),
            ),
        ),
        Part(
            "joint_entropy", table_inputs, oracle=joint_entropy,
            cases=(
                case("table"),
                case("square table", n=5, m=5),
                case("one row", n=1),
                case("one column", m=1),
                case("some zeros", kind="some zeros", mark="robust"),
                case("the row tells the column", kind="the row tells the column", mark="robust"),
            ),
            properties=(holds(the_joint_entropy_of_independent_things_is_the_sum, kind="independent"), transposing_changes_nothing),
        ),
        Part(
            "conditional_entropy", table_inputs, oracle=conditional_entropy, tolerance=SUBTRACTS,
            cases=(
                case("table"),
                case("square table", n=5, m=5),
                case("one row", n=1, why="X is certain and tells nothing: H(Y)"),
                case("one column", m=1, why="Y is certain: 0"),
                case("independent", kind="independent", why="X tells nothing: H(Y)"),
                case("some zeros", kind="some zeros", mark="robust"),
                case("a row of zeros", kind="a row of zeros", mark="robust", why="a row that never happens: no 0/0"),
                case("the row tells the column", kind="the row tells the column", mark="robust", why="nothing is left: 0"),
            ),
            properties=(what_is_left_after_the_row_is_known,),
            conventions=(Convention("H(X|Y), the other way round", of_rows_given_columns),),
        ),
    ),
    timings=(
        Timing(
            SQUARE, cost, part="entropy", scaling="n", yardstick=FASTEST,
            library={"numpy": "scipy.special.entr(p).sum(axis=-1)", "torch": "torch.special.entr(p).sum(dim=-1)"},
        ),
        Timing(
            SQUARE, pair_cost, part="cross_entropy", yardstick=FASTEST,
            library={"numpy": "-scipy.special.xlogy(p, q).sum(axis=-1)"},
        ),
    ),
    policy=Policy(
        banned=("base", "torch.distributions", "torch.special.entr", "torch.nn.functional.cross_entropy"),
        earns=("torch.special.entr", "scipy.special.entr", "scipy.stats.entropy"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("1e-12 inside the logarithm", ENTR, "    log_p = xp.log(p + 1e-12)\n", caught_by="entropy/one-hot rows"),
        Mistake("0 log 0 is nan", ENTR, "    log_p = xp.log(p)\n", caught_by="entropy/some zeros"),
        Mistake("small probabilities cut off", "xp.where(p > 0, p, xp.ones_like(p)))", "xp.where(p > 0.02, p, xp.ones_like(p)))",
                caught_by="entropy/long rows"),
        Mistake("in bits", "nats if base is None", "nats / math.log(2) if base is None", caught_by="entropy/matrix"),
        Mistake("multiplied by the base's logarithm", "nats / math.log(base)", "nats * math.log(base)", caught_by="entropy/bits"),
        Mistake("base is ignored", "nats / math.log(base)", "nats", caught_by="a base is a unit"),
        Mistake("always bits when a base is given", "math.log(base)", "math.log(2)", caught_by="base ten, down the columns"),
        Mistake("the sign", "-xp.sum(p * log_p, axis=axis)", "xp.sum(p * log_p, axis=axis)", caught_by="entropy/matrix"),
        Mistake("mean instead of sum", "-xp.sum(p * log_p, axis=axis)", "-xp.mean(p * log_p, axis=axis) if p.size else -xp.sum(p, axis=axis)",
                caught_by="entropy/matrix"),
        Mistake("p forgotten before the logarithm", "-xp.sum(p * log_p, axis=axis)", "-xp.sum(log_p, axis=axis)", caught_by="entropy/matrix"),
        Mistake("always the last axis", "-xp.sum(p * log_p, axis=axis)", "-xp.sum(p * log_p, axis=-1 if axis is not None else None)",
                caught_by="entropy/down the columns"),
        Mistake("the axis stays", "-xp.sum(p * log_p, axis=axis)", "-xp.sum(p * log_p, axis=axis, keepdims=axis is not None)",
                caught_by="entropy/matrix"),
        Mistake("collision entropy", "-xp.sum(p * log_p, axis=axis)", "-xp.log(xp.sum(p * p, axis=axis))", caught_by="entropy/matrix"),
        Mistake("p and q exchanged", "    possible = p > 0\n", "    p, q = q, p\n    possible = p > 0\n", caught_by="cross_entropy/matrix"),
        Mistake("1e-12 inside the cross-entropy's logarithm, so that inf is lost", LOG_Q, "xp.log(q + 1e-12)",
                caught_by="impossible for q only"),
        Mistake("q clipped, so that inf is lost", LOG_Q, "xp.log(xp.where(q > 1e-7, q, xp.full_like(q, 1e-7)))", caught_by="q certain"),
        Mistake("skipped where q is 0", LOG_Q, "xp.log(xp.where(q > 0, q, xp.ones_like(q)))", caught_by="impossible for q only"),
        Mistake("0 times minus infinity", LOG_Q, "xp.log(q)", caught_by="impossible for both"),
        Mistake("the divergence", "-xp.sum(p * log_q, axis=axis)", "-xp.sum(p * log_q, axis=axis) - entropy(p, axis=axis)",
                caught_by="believing the truth is cheapest"),
        Mistake("binary cross-entropy", "-xp.sum(p * log_q, axis=axis)",
                "-xp.sum(p * log_q + (1 - p) * xp.log(1 - q), axis=axis)", caught_by="cross_entropy/matrix"),
        Mistake("cross-entropy always along the last axis", "-xp.sum(p * log_q, axis=axis)", "-xp.sum(p * log_q, axis=-1)",
                caught_by="cross_entropy/down the columns"),
        Mistake("cross-entropy as a mean", "-xp.sum(p * log_q, axis=axis)", "-xp.sum(p * log_q, axis=axis) / p.shape[axis]",
                caught_by="cross_entropy/matrix"),
        Mistake("the joint entropy of each row", "entropy(p, axis=None)", "entropy(p)", caught_by="joint_entropy/table"),
        Mistake("rows and columns taken for independent", "return entropy(p, axis=None)",
                "xp = array_namespace(p)\n    return entropy(xp.sum(p, axis=0)) + entropy(xp.sum(p, axis=1))", caught_by="joint_entropy/table"),
        Mistake("H(X|Y)", "xp.sum(p, axis=1, keepdims=True)", "xp.sum(p, axis=0, keepdims=True)", caught_by="conditional_entropy/table"),
        Mistake("rows not weighted", "    return -xp.sum(p * xp.log(given))", "    return -xp.sum(given * xp.log(given)) / p.shape[0]",
                caught_by="conditional_entropy/table"),
        Mistake("H(Y)", "    return -xp.sum(p * xp.log(given))", "    return entropy(xp.sum(p, axis=0))", caught_by="conditional_entropy/table"),
        Mistake("the mutual information", "    return -xp.sum(p * xp.log(given))",
                "    return entropy(xp.sum(p, axis=0)) + xp.sum(p * xp.log(given))", caught_by="conditional_entropy/independent"),
        Mistake("0/0 in a row of zeros", f"given = xp.where(p > 0, {GIVEN}, xp.ones_like(p))",
                "given = p / row\n    given = xp.where(given == 0, xp.ones_like(p), given)", caught_by="a row of zeros"),
    ),
    equivalent=(
        Equivalent("conditional_entropy", "given = xp.where(p > 0, p / xp.where(row > 0, row, xp.ones_like(row)), xp.ones_like(p))",
                   "given = xp.where(p > 0, p / xp.where(row >= 0, row, xp.ones_like(row)), xp.ones_like(p))",
                   "where a row is 0, so is p, and the outer where takes the 1"),
    ),
    hints=(
        "Surprise is -log of a probability. Entropy is its mean: who is surprised how often, in entropy and in cross-entropy?",
        "Decide where p is 0 before taking a logarithm, not after: 0 * log(0) is nan, and a small number added inside moves every result. "
        "In cross_entropy only p decides what is left out. H(Y|X) is the mean over rows, weighted by the row's probability, of the row's own entropy.",
        "entropy: -sum(p * log(where(p > 0, p, 1)), axis), over log(base). cross_entropy: -sum(p * log(where(p > 0, q, 1)), axis). joint: entropy over all entries. "
        "conditional: -sum(p * log(p / rowsum)) where p > 0, or the joint entropy less that of the row sums.",
    ),
)  # fmt: skip
