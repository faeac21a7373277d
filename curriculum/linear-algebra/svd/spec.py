"""Singular value decomposition: what an answer must do, and what it costs.

u and vt are not unique (signs, bases of equal singular values), so that `verify` checks what defines them instead of
comparing numbers; only s is compared, with numpy's in float64. All sizes are small: one-sided Jacobi on 24 x 20 takes
10 ms, and a right answer must survive a thousand seeds.

Tolerance: SLACK * 64 eps = 256 eps, relative to the largest singular value (1 for u and vt). Over 60 seeds of all cases in
both types the two solutions err by at most 9 eps, LAPACK's gesvd (Householder, then implicit QR) by 25.

Sources: Golub & Van Loan, Matrix Computations, 4th ed., 8.6; Demmel & Veselic 1992, https://doi.org/10.1137/0613074
"""

import numpy as np

from harness.spec import FLOAT, Array, Cost, Equivalent, Exercise, Mistake, Policy, Timing, case, holds

SLACK = 4.0
CONDITION = 1e10

# --- matrices ---------------------------------------------------------------------------------------------------


def orthonormal(rng, m, r):
    """(m, r) with orthonormal columns, r <= m."""
    return np.linalg.qr(rng.standard_normal((m, r)))[0]


def with_singular_values(rng, m, n, s):
    """(m, n) with these min(m, n) singular values and random singular vectors."""
    return (orthonormal(rng, m, len(s)) * s) @ orthonormal(rng, n, len(s)).T


def rank_two(rng, m, n):
    """Two, but for rounding. (Exact rank, from integers, leaves float32 noise of 1e-20, whose squares vanish: unfair.)"""
    return rng.standard_normal((m, 2)) @ rng.standard_normal((2, n))


def equal_columns(rng, m, n):
    a = rng.standard_normal((m, n))
    a[:, -1] = a[:, 0]
    return a


def column_of_zeros(rng, m, n):
    a = rng.standard_normal((m, n))
    a[:, n // 2] = 0.0
    return a


def negative_but_one(rng, m, n):
    """All entries negative but a tiny one: neither the largest nor the smallest entry says how large they are."""
    a = -1.0 - rng.random((m, n))
    a[0, 0] = 2.0**-200
    return a


KINDS = {
    "normal": lambda rng, m, n: rng.standard_normal((m, n)),
    "zero": lambda rng, m, n: np.zeros((m, n)),
    "negative": lambda rng, m, n: -1.0 - rng.random((m, n)),
    "negative but one": negative_but_one,
    "signs": lambda rng, m, n: rng.choice([-1.0, 1.0], (m, n)),
    "growing": lambda rng, m, n: rng.standard_normal((m, n)) * 4.0 ** np.arange(n),
    "rank two": rank_two,
    "equal columns": equal_columns,
    "column of zeros": column_of_zeros,
    "repeated": lambda rng, m, n: with_singular_values(rng, m, n, 3.0 - 2.0 * (np.arange(min(m, n)) > 2)),
    "spread": lambda rng, m, n: with_singular_values(rng, m, n, np.arange(min(m, n), 0.0, -1.0)),
    "ill": lambda rng, m, n: with_singular_values(rng, m, n, np.geomspace(1.0, 1.0 / CONDITION, min(m, n))),
}


def inputs(rng, m=7, n=5, kind="normal", scale=1.0):
    """A matrix of this kind; every m, n >= 1 is fine (and 0 where it is 'normal')."""
    return {"a": scale * KINDS[kind](rng, m, n)}


# --- what is right ----------------------------------------------------------------------------------------------


def outputs(a):
    m, n = a.shape
    r = min(m, n)
    return Array(FLOAT, (m, r)), Array(FLOAT, (r,)), Array(FLOAT, (r, n))


def verify(inputs, outputs, check):
    """The four things that define a reduced SVD, with words for the answers that are nearly one."""
    a = inputs["a"]
    u, s, vt = (np.asarray(output, np.float64) for output in outputs)
    if s.size == 0:
        return
    for name, value in (("u", u), ("s", s), ("vt", vt)):
        check.true(np.isfinite(value), f"{name} holds nan or infinity")
    truth = np.linalg.svd(a, compute_uv=False)
    check.true(s >= 0, "a singular value is negative: move its sign into u or vt")
    check.true(np.diff(s) <= 0, "the singular values are not in descending order (u and vt must be sorted with them)")
    if not same(s, truth):
        check.true(not same(s, truth**2), "s holds the squares of the singular values (eigenvalues of a^T a)")
    check.close(s, truth, "s differs from the singular values", slack=SLACK)
    if vt.shape[0] == vt.shape[1] and not same((u * s) @ vt, a):
        check.true(
            not same((u * s) @ vt.T, a),
            "u diag(s) vt^T is a: the third output is v, and its transpose is asked for",
        )
    largest = np.abs(a).max()
    check.close((u * s) @ vt, a, "u diag(s) vt is not a", slack=SLACK * (truth[0] / largest if largest else 1.0))
    check.close(u.T @ u, np.eye(len(s)), "the columns of u are not orthonormal", slack=SLACK)
    check.close(vt @ vt.T, np.eye(len(s)), "the rows of vt are not orthonormal", slack=SLACK)


def same(got, want):
    """Roughly equal: enough to name a convention, never to pass."""
    return np.abs(got - want).max() <= 1e-3 * np.abs(want).max()


# --- properties -------------------------------------------------------------------------------------------------


def transposing_swaps_u_and_v(answer, x, check):
    """The transpose of a has the same singular values, and its u is a's v (up to signs)."""
    a = x["a"]
    u, s, vt = answer(a=a)
    u_of_transpose, s_of_transpose, vt_of_transpose = answer(a=np.ascontiguousarray(a.T))
    check.close(s_of_transpose, s, "singular values of the transpose", slack=SLACK)
    # vectors turn by eps * largest value / gap: singular values 1, 2, 3, ... keep that near n eps
    check.close(np.abs(u_of_transpose), np.abs(vt.T), "u of the transpose against v", slack=4 * SLACK)
    check.close(np.abs(vt_of_transpose), np.abs(u.T), "vt of the transpose against u transposed", slack=4 * SLACK)


def orthogonal_factors_leave_s_alone(answer, x, check):
    """Reflecting the rows or the columns of a (an orthogonal factor) does not change its singular values."""
    a = x["a"].astype(np.float64)
    _, s, _ = answer(a=a)
    for turned in (reflect(a), reflect(a.T).T, reflect(reflect(a).T).T):
        check.close(answer(a=turned)[1], s, "singular values after a reflection", slack=SLACK)


def reflect(a):
    """H a for the Householder reflection H = I - 2 v v^T / v^T v with v = (1, 2, ..., m)."""
    v = np.arange(1.0, len(a) + 1.0)
    return a - np.outer(v, 2.0 / (v @ v) * (v @ a))


def the_smallest_singular_value_survives_ill_conditioning(answer, x, check):
    """With a condition of 1e10 the smallest singular value still has four digits (a^T a would have lost it).

    Every backward stable algorithm errs by some eps of the largest: a few 1e-6 of the smallest, in float64.
    """
    _, s, _ = answer(a=x["a"])
    truth = np.linalg.svd(x["a"], compute_uv=False)[-1]  # itself right to a few 1e-6
    check.true(
        abs(s[-1] - truth) <= 1e-4 * truth,
        f"the smallest singular value is {truth:.6g}, the answer {s[-1]:.6g}",
    )


# --- cost, mistakes ---------------------------------------------------------------------------------------------


def cost(m, n, itemsize, **_):
    """Eight sweeps of one-sided Jacobi at 4 m n^2 (see the lesson); each array once."""
    r = min(m, n)
    return Cost(flops=8 * 4 * max(m, n) * r**2, bytes_moved=itemsize * (m * n + m * r + r + r * n))


BOTH_SIGNS = """    s = [lengths[j] * scale for j in order]
    u = [x * math.copysign(1.0, float(xp.sum(x))) for x in u]
    turned = [w * math.copysign(1.0, float(xp.sum(w[m:]))) for w in turned]"""

MISTAKES = (
    Mistake(
        "square roots of the eigenvalues of a^T a",
        file="mistakes/eigenvalues_of_the_gram_matrix.py",
        caught_by="the smallest singular value survives ill conditioning",
    ),
    Mistake(
        "a v divided by a singular value that is zero",
        " if lengths[j] > negligible else perpendicular_to(u, column, xp)",
        "",
        "zero matrix",
    ),
    Mistake("not sorted", "sorted(range(n), key=lambda j: -lengths[j])", "list(range(n))", "growing columns"),
    Mistake(
        "signs of u and of v chosen each by itself",
        "    s = [lengths[j] * scale for j in order]",
        BOTH_SIGNS,
        "all entries negative",
    ),
    Mistake("v in place of its transpose", "(n, n), a, xp).T,", "(n, n), a, xp),", "square"),
    Mistake(
        "a wide matrix: factors of the transpose, swapped but not transposed",
        "return ut.T, s, v.T",
        "return ut, s, v",
        "wide",
    ),
    Mistake("squares that overflow", "scale = power_of_two_near(a, xp)", "scale = 1.0", "huge entries"),
    Mistake(
        "sign(0) = 0: columns of equal length are never turned",
        "math.copysign(1.0, zeta)",
        "((zeta > 0) - (zeta < 0))",
        "signs only",
    ),
    Mistake(
        "an absolute test of orthogonality",
        "tolerance * math.sqrt(alpha) * math.sqrt(beta)",
        "tolerance",
        "the smallest singular value survives ill conditioning",
    ),
    Mistake("two sweeps and no test", "sweeps=40", "sweeps=2", "larger"),
)

ANY_POWER = "any power of two near the largest entry will do: it divides out exactly"
ROUNDING = "within rounding: the last sweep leaves far less than either"
SPARE = "all is orthogonal after some ten sweeps, long before the fortieth"
NO_PARTNER = "the last column has no partner to its right, so the inner loop is empty"
SCALED = "after the scaling no entry exceeds 2, so that the test is a few times looser at most: still rounding"
EQUIVALENT = (
    Equivalent(
        "svd",
        "turned = orthogonalise([stacked[:, j] for j in range(n)], m, tolerance=math.sqrt(m) * xp.finfo(a.dtype).eps)",
        "turned = orthogonalise([stacked[:, j] for j in range(n)], m, tolerance=m * xp.finfo(a.dtype).eps)",
        ROUNDING,
    ),
    Equivalent(
        "svd",
        "turned = [column / length(column[m:]) for column in turned]",
        "turned = [column * length(column[m:]) for column in turned]",
        "the lengths are 1 but for some eps, and twice that is still rounding",
    ),
    Equivalent(
        "svd",
        "u.append(column / lengths[j] if lengths[j] > negligible else perpendicular_to(u, column, xp))",
        "u.append(column / lengths[j] if lengths[j] >= negligible else perpendicular_to(u, column, xp))",
        "a length that is exactly the threshold has its digits on either side of it",
    ),
    Equivalent(
        "power_of_two_near",
        "largest = float(xp.max(xp.abs(a))) if 0 not in a.shape else 0.0",
        "largest = float(xp.max(xp.abs(a))) if 0 not in a.shape else 1.0",
        "there is nothing to divide",
    ),
    Equivalent(
        "power_of_two_near",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 <= largest < math.inf else 1.0",
        "zeros divided by 1/2 instead of 1",
    ),
    Equivalent(
        "power_of_two_near",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest <= math.inf else 1.0",
        "a matrix with infinite entries has no singular values",
    ),
    Equivalent(
        "power_of_two_near",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0",
        "return math.ldexp(2.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0",
        ANY_POWER,
    ),
    Equivalent(
        "power_of_two_near",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0",
        "return math.ldexp(1.0, math.frexp(largest)[1] + 1) if 0 < largest < math.inf else 1.0",
        ANY_POWER,
    ),
    Equivalent(
        "power_of_two_near",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 0) if 0 < largest < math.inf else 1.0",
        ANY_POWER,
    ),
    Equivalent(
        "power_of_two_near",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0",
        "return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 2.0",
        "zeros divided by 2 instead of 1",
    ),
    Equivalent(
        "orthogonalise",
        "def orthogonalise(columns, m, tolerance, sweeps=40):",
        "def orthogonalise(columns, m, tolerance, sweeps=41):",
        SPARE,
    ),
    Equivalent(
        "orthogonalise",
        "for _ in range(sweeps):",
        "for _ in range(sweeps + 1):",
        SPARE,
    ),
    Equivalent(
        "orthogonalise",
        "for _ in range(sweeps):",
        "for _ in range(sweeps - 1):",
        SPARE,
    ),
    Equivalent(
        "orthogonalise",
        "rotated = False",
        "rotated = True",
        "it never stops early: slower, and right",
    ),
    Equivalent(
        "orthogonalise",
        "for i in range(len(columns) - 1):",
        "for i in range(len(columns) + 1):",
        NO_PARTNER,
    ),
    Equivalent(
        "orthogonalise",
        "for i in range(len(columns) - 1):",
        "for i in range(len(columns) - 0):",
        NO_PARTNER,
    ),
    Equivalent(
        "orthogonalise",
        "if abs(gamma) <= tolerance * math.sqrt(alpha) * math.sqrt(beta):",
        "if abs(gamma) <= tolerance * alpha * math.sqrt(beta):",
        SCALED,
    ),
    Equivalent(
        "orthogonalise",
        "if abs(gamma) <= tolerance * math.sqrt(alpha) * math.sqrt(beta):",
        "if abs(gamma) <= tolerance * math.sqrt(alpha) * beta:",
        SCALED,
    ),
    Equivalent(
        "orthogonalise",
        "t = math.copysign(1.0, zeta) / (abs(zeta) + math.hypot(1.0, zeta))",
        "t = math.copysign(1.0, zeta) / (abs(zeta) + math.hypot(2.0, zeta))",
        "smaller turns: more sweeps, and the same end",
    ),
    Equivalent(
        "perpendicular_to",
        "for _ in range(2):",
        "for _ in range(3):",
        "the third pass finds nothing to take away",
    ),
    Equivalent(
        "perpendicular_to",
        "for _ in range(2):",
        "for _ in range(1):",
        "the least covered axis keeps 1/m of its square, so that one pass loses sqrt(m) eps: rounding at sizes that Jacobi can do",
    ),
)

EXERCISE = Exercise(
    version=2,
    name="svd",
    inputs=inputs,
    outputs=outputs,
    verify=verify,
    cases=(
        case("square", m=7, n=7),
        case("tall", m=11, n=5),
        case("wide", m=5, n=11),
        case("one number", m=1, n=1),
        case("one row", m=1, n=6),
        case("one column", m=6, n=1),
        case("larger", m=24, n=20),
        case(
            "all entries negative",
            m=7,
            n=5,
            kind="negative",
            why="u and v of the largest value have opposite signs",
        ),
        case(
            "repeated singular values",
            m=9,
            n=6,
            kind="repeated",
            why="3, 3, 3, 1, 1, 1: only subspaces are determined",
        ),
        case("growing columns", m=7, n=5, kind="growing", why="the order of the columns is not that of s"),
        case(
            "signs only",
            m=7,
            n=5,
            kind="signs",
            mark="robust",
            why="all columns have the same length, none are orthogonal",
        ),
        case(
            "zero matrix",
            m=4,
            n=3,
            kind="zero",
            mark="robust",
            why="s = 0, and u and vt orthonormal all the same",
        ),
        case("rank two", m=9, n=6, kind="rank two", mark="robust", why="a v / s has nothing to say about s = 0"),
        case("rank two, wide", m=4, n=9, kind="rank two", mark="robust"),
        case(
            "equal columns",
            m=7,
            n=4,
            kind="equal columns",
            mark="robust",
            why="one of them turns to exactly 0",
        ),
        case("a column of zeros", m=6, n=6, kind="column of zeros", mark="robust"),
        case("huge entries", m=6, n=4, scale=2.0**100, mark="robust", why="their squares overflow float32"),
        case(
            "huge entries, a tiny one among them",
            m=6,
            n=4,
            kind="negative but one",
            scale=2.0**100,
            mark="robust",
            why="what keeps squares from overflowing is the largest absolute value",
        ),
        case("tiny entries", m=6, n=4, scale=2.0**-100, mark="robust", why="their squares vanish in float32"),
        case("huge entries, float64", m=6, n=4, scale=2.0**600, mark="robust", dtypes=("float64",)),
        case("tiny entries, float64", m=6, n=4, scale=2.0**-600, mark="robust", dtypes=("float64",)),
        case("no columns", m=3, n=0, mark="robust", why="u (3, 0), s (0,), vt (0, 0)"),
        case("no rows", m=0, n=3, mark="robust", why="u (0, 0), s (0,), vt (0, 3)"),
    ),
    properties=(
        holds(transposing_swaps_u_and_v, m=8, n=5, kind="spread"),
        holds(orthogonal_factors_leave_s_alone, m=6, n=8),
        holds(the_smallest_singular_value_survives_ill_conditioning, m=9, n=7, kind="ill", dtypes=("float64",)),
    ),
    timings=(
        Timing(
            case("128 x 64", m=128, n=64),
            cost,
            scaling="n",
            yardstick={"numpy": "round_robin.py", "torch": "round_robin.py", "cupy": "round_robin.py"},
            library={
                "numpy": "numpy.linalg.svd(a, full_matrices=False)",
                "torch": "torch.linalg.svd(a, full_matrices=False)",
            },
        ),
        Timing(
            case("32 x 32", m=32, n=32),
            cost,
            yardstick={"numpy": "round_robin.py", "torch": "round_robin.py", "cupy": "round_robin.py"},
            library={
                "numpy": "numpy.linalg.svd(a, full_matrices=False)",
                "torch": "torch.linalg.svd(a, full_matrices=False)",
            },
        ),
    ),
    policy=Policy(
        banned=("base", "@linalg", "torch.svd"),
        earns=("numpy.linalg.svd", "torch.linalg.svd"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=MISTAKES,
    equivalent=EQUIVALENT,
    hints=(
        "If a @ v has orthogonal columns, what are their lengths, and what are their directions?",
        "Two columns can be made orthogonal by turning them in their plane: columns p and q become c p - s q and s p + c q. "
        "Apply the same turn to v, which begins as the identity; visit all pairs until none needs a turn.",
        "With alpha = p.p, beta = q.q, gamma = p.q: skip the pair if |gamma| <= sqrt(m) eps sqrt(alpha beta); else "
        "zeta = (beta - alpha) / (2 gamma), t = sign(zeta) / (|zeta| + sqrt(1 + zeta^2)) with sign(0) = 1, c = 1 / sqrt(1 + t^2), "
        "s = c t. At the end sort; divide a by a power of two before; fill u's columns of zero length by Gram-Schmidt.",
    ),
)
