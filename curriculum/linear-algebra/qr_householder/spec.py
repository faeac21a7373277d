"""QR by Householder reflections and least squares: what an answer must do, and what it costs.

q and r are unique up to signs only where a has full rank, so `verify` checks what defines them. It does so column by
column (each column of q r against that of a, relative to that column's largest entry), as every backward stable method
satisfies it.

Tolerance: SLACK * 64 eps. Least squares: the error that is due to the condition of the problem, times that
(Wedin 1973; Higham 2002, theorem 20.1).

Sources: Householder 1958, https://doi.org/10.1145/320941.320947; Golub 1965, https://doi.org/10.1007/BF01436075;
Higham 2002, chapters 19 and 20, https://doi.org/10.1137/1.9780898718027
"""

import numpy as np

from harness.spec import FLOAT, Array, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

SLACK = 4.0

# --- matrices ---------------------------------------------------------------------------------------------------


def with_condition(rng, m, n, condition):
    """(m, n) with singular values from 1 down to 1 / condition."""
    left = np.linalg.qr(rng.standard_normal((m, n)))[0]
    right = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return (left * np.geomspace(1.0, 1.0 / condition, n)) @ right


def hilbert(rng, m, n):
    """1 / (i + j + 1), times a random number: the 12 x 12 one has condition 1.7e16."""
    return rng.uniform(1.0, 2.0) / (np.arange(m)[:, None] + np.arange(n) + 1.0)


def equal_columns(rng, m, n):
    a = rng.standard_normal((m, n))
    a[:, -1] = a[:, 0]
    return a


def column_of_zeros(rng, m, n):
    a = rng.standard_normal((m, n))
    a[:, n // 2] = 0.0
    return a


def dominant(rng, m, n, rest=1e-5):
    """Nearly the identity: in every column the first entry that counts is larger than all others by far."""
    return np.eye(m, n) * rng.uniform(1.0, 2.0, n) + rest * rng.standard_normal((m, n))


def zero_corner(rng, m, n):
    """a[0, 0] = 0 exactly, and the first column is not: np.sign says 0 there."""
    a = rng.standard_normal((m, n))
    a[0, 0] = 0.0
    return a


KINDS = {
    "normal": lambda rng, m, n: rng.standard_normal((m, n)),
    "positive": lambda rng, m, n: rng.uniform(1.0, 2.0, (m, n)),
    "zero": lambda rng, m, n: np.zeros((m, n)),
    "growing": lambda rng, m, n: rng.standard_normal((m, n)) * 4.0 ** np.arange(n),
    "triangular": lambda rng, m, n: np.triu(rng.uniform(1.0, 2.0, (m, n))),
    "hilbert": hilbert,
    "equal columns": equal_columns,
    "column of zeros": column_of_zeros,
    "dominant": dominant,
    "none positive": lambda rng, m, n: -np.abs(zero_corner(rng, m, n)),
    "zero corner": zero_corner,
    "condition 1e3": lambda rng, m, n: with_condition(rng, m, n, 1e3),
    "condition 1e8": lambda rng, m, n: with_condition(rng, m, n, 1e8),
}


def inputs(rng, m=7, n=5, kind="normal", scale=1.0):
    """A matrix of this kind; m is raised to n where it is less."""
    return {"a": scale * KINDS[kind](rng, max(m, n), n)}


def lstsq_inputs(rng, m=9, n=4, kind="normal", scale=1.0, residual=1.0):
    """b = a x + residual times noise; x is of order one whatever the scale of a."""
    a = inputs(rng, m, n, kind, scale)["a"]
    b = a @ rng.uniform(1.0, 2.0, n) + residual * scale * rng.standard_normal(len(a))
    return {"a": a, "b": b}


# --- what is right ----------------------------------------------------------------------------------------------


def qr_outputs(a):
    m, n = a.shape
    return Array(FLOAT, (m, n)), Array(FLOAT, (n, n))


def verify_qr(inputs, outputs, check):
    """Orthonormal, triangular, and the product is a."""
    a = inputs["a"]
    q, r = (np.asarray(output, np.float64) for output in outputs)
    if q.size == 0:
        return
    for name, value in (("q", q), ("r", r)):
        check.true(np.isfinite(value), f"{name} holds nan or infinity")
    check.true(np.tril(r, -1) == 0, "r is not zero below the diagonal, exactly")
    sizes = np.abs(a).max(axis=0)
    sizes[sizes == 0] = 1.0
    if not same(q @ r, a):
        check.true(q.shape[0] != q.shape[1] or not same(q.T @ r, a), "q^T r is a: q is returned transposed")
        check.true(not same(np.abs(q @ r), np.abs(a)), "q r is a but for signs")
    check.close(q @ r / sizes, a / sizes, "q r is not a (each column relative to its largest entry)", slack=SLACK)
    check.close(q.T @ q, np.eye(q.shape[1]), "the columns of q are not orthonormal", slack=SLACK)


def same(got, want):
    """Roughly equal: enough to name a mistake, never to pass."""
    return np.abs(got - want).max() <= 1e-3 * np.abs(want).max()


def like_a_column(a, b):
    return Array(FLOAT, (a.shape[1],))


def verify_lstsq(inputs, outputs, check):
    """As near the solution as the condition of the problem lets a stable method come; the residual is orthogonal."""
    a, b, x = inputs["a"], inputs["b"], np.asarray(outputs, np.float64)
    check.true(np.isfinite(x), "x holds nan or infinity")
    unit = SLACK * 64 * np.finfo(check.dtype).eps
    truth = np.linalg.lstsq(a, b, rcond=None)[0]
    singular = np.linalg.svd(a, compute_uv=False)
    condition, residual = singular[0] / singular[-1], b - a @ truth
    due = (
        condition * length(truth) + condition**2 * length(residual) / singular[0] + condition * length(b) / singular[0]
    )
    error = length(x - truth)
    check.true(
        error <= unit * due,
        f"x is off by {error / length(truth):.2g} of its length; "
        f"with a condition of {condition:.1g} {unit * due / length(truth):.2g} would do",
    )
    slope = length(a.T @ (b - a @ x))
    size = singular[0] * (singular[0] * length(x) + length(b))
    check.true(
        slope <= unit * size, f"the residual is not orthogonal to the columns of a: {slope / size:.2g} of their sizes"
    )


def length(x):
    return np.sqrt(np.sum(x * x))


QR_CASES = (
    case("square", m=6, n=6),
    case("tall", m=11, n=4),
    case("one number", m=1, n=1),
    case("one column", m=6, n=1),
    case("all entries positive", m=7, n=5, kind="positive"),
    case("larger", m=40, n=24),
    case("growing columns", m=8, n=6, kind="growing", why="a small column beside a large one is not less exact"),
    case("already triangular", m=7, n=5, kind="triangular", why="x - |x| e_0 is 0 where x is a multiple of e_0"),
    case("first entries dominate", m=9, n=6, kind="dominant", why="x_0 - |x| is a difference of nearly equal numbers"),
    case("a zero in the corner", m=6, n=4, kind="zero corner", why="np.sign(0) is 0"),
    case("no positive entry", m=6, n=4, kind="none positive", why="the largest of the first column is 0, of its sizes it is not"),
    case("Hilbert", m=12, n=12, kind="hilbert", mark="robust",
         why="nearly dependent columns, an orthonormal q all the same"),
    case("equal columns", m=7, n=4, kind="equal columns", mark="robust",
         why="what is left of the last column is rounding"),
    case("a column of zeros", m=7, n=5, kind="column of zeros", mark="robust", why="there is nothing to reflect"),
    case("zero matrix", m=5, n=3, kind="zero", mark="robust", why="r = 0, and q is orthonormal"),
    case("huge entries", m=6, n=4, scale=2.0**100, mark="robust", why="their squares overflow float32"),
    case("tiny entries", m=6, n=4, scale=2.0**-100, mark="robust", why="their squares vanish in float32"),
    case("huge entries, float64", m=6, n=4, scale=2.0**600, mark="robust", dtypes=("float64",)),
    case("tiny entries, float64", m=6, n=4, scale=2.0**-600, mark="robust", dtypes=("float64",)),
    case("no columns", m=3, n=0, mark="robust", why="q is (3, 0), r is (0, 0)"),
)  # fmt: skip
LSTSQ_CASES = (
    case("tall", m=12, n=5),
    case("square", m=5, n=5, why="then x solves a x = b"),
    case("one column", m=6, n=1),
    case("a large residual", m=20, n=4, residual=100.0, why="most of b has nothing to do with a"),
    case("first entries dominate", m=9, n=5, kind="dominant"),
    case("larger", m=50, n=20),
    case("condition 1e3", m=12, n=6, kind="condition 1e3", residual=1e-3, mark="robust"),
    case("condition 1e8", m=12, n=6, kind="condition 1e8", residual=1e-9, mark="robust", dtypes=("float64",),
         why="the normal equations square it to 1e16, and nothing is left of x"),
    case("huge entries", m=8, n=3, scale=2.0**100, mark="robust", why="squares overflow float32"),
    case("tiny entries", m=8, n=3, scale=2.0**-100, mark="robust", why="squares vanish in float32"),
)  # fmt: skip


# --- properties -------------------------------------------------------------------------------------------------


def order_of_rows_changes_signs_at_most(answer, x, check):
    """Exchanging rows of a changes r in the signs of its rows at most."""
    r = answer(**x)[1]
    turned = answer(a=np.ascontiguousarray(x["a"][::-1]))[1]
    check.close(np.abs(turned), np.abs(r), "|r| after reversing the rows", slack=4 * SLACK)


def the_first_columns_have_the_first_columns_of_q(answer, x, check):
    """The QR of the first columns alone is the first part of the QR of all."""
    q, r = answer(**x)
    k = x["a"].shape[1] - 1
    fewer_q, fewer_r = answer(a=np.ascontiguousarray(x["a"][:, :k]))
    check.close(np.abs(fewer_q), np.abs(q[:, :k]), "|q| of the first columns", slack=4 * SLACK)
    check.close(np.abs(fewer_r), np.abs(r[:k, :k]), "|r| of the first columns", slack=4 * SLACK)


def what_a_explains_is_found(answer, x, check):
    """Adding a z to b adds z to the solution."""
    a, b = x["a"].astype(np.float64), x["b"].astype(np.float64)
    z = np.arange(1.0, a.shape[1] + 1)
    check.close(answer(a=a, b=b + a @ z), answer(a=a, b=b) + z, "the solution for b + a z", slack=16 * SLACK)


# --- cost -------------------------------------------------------------------------------------------------------


def cost(itemsize, m, n):
    """2 (m n^2 - n^3 / 3) for r, as much again for q; a read once, q and r written once."""
    return Cost(flops=4 * (m * n**2 - n**3 / 3), bytes_moved=itemsize * (2 * m * n + n * n))


def lstsq_cost(itemsize, m, n):
    """q is never formed: each reflection is applied to b."""
    return Cost(flops=2 * (m * n**2 - n**3 / 3) + 4 * m * n, bytes_moved=itemsize * (m * n + m + n))


FASTEST = dict.fromkeys(("numpy", "torch", "cupy"), "blocked.py")
REFLECT = "math.copysign(length(v), float(v[0]))"
NORMAL_EQUATIONS = "    a, b = a.T @ a, a.T @ b\n    reflectors, r = triangularise(a)\n    c = array"

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "qr", inputs, QR_CASES, verify=verify_qr, outputs=qr_outputs,
            properties=(
                holds(order_of_rows_changes_signs_at_most, m=8, n=4),
                holds(the_first_columns_have_the_first_columns_of_q, m=8, n=4),
            ),
        ),
        Part(
            "lstsq", lstsq_inputs, LSTSQ_CASES, verify=verify_lstsq, outputs=like_a_column,
            properties=(holds(what_a_explains_is_found, m=20, n=4),),
        ),
    ),
    timings=(
        Timing(
            case("512 x 256", m=512, n=256), cost, part="qr", scaling="n", yardstick=FASTEST,
            library={"numpy": "numpy.linalg.qr(a)", "torch": "torch.linalg.qr(a)"},
        ),
        Timing(
            case("512 x 128", m=512, n=128), lstsq_cost, part="lstsq", yardstick=FASTEST,
            library={
                "numpy": "numpy.linalg.lstsq(a, b)[0]",
                "torch": "torch.linalg.lstsq(a, b[:, None]).solution[:, 0]",
            },
        ),
    ),
    policy=Policy(
        banned=(
            "base", "@linalg", "torch.geqrf", "torch.orgqr", "torch.ormqr", "torch.triangular_solve",
            "torch.cholesky_solve", "torch.lu_solve", "torch.inverse", "torch.Tensor.qr", "torch.Tensor.pinverse",
        ),
        earns=("numpy.linalg.qr", "numpy.linalg.lstsq", "torch.linalg.qr", "torch.linalg.lstsq", "torch.qr"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("classical Gram-Schmidt", file="mistakes/classical_gram_schmidt.py", caught_by="qr/Hilbert"),
        Mistake("modified Gram-Schmidt", file="mistakes/modified_gram_schmidt.py", caught_by="qr/Hilbert"),
        Mistake("x - |x| e_0, which cancels", REFLECT, "-length(v)", caught_by="qr/first entries dominate"),
        Mistake("the sign that cancels", REFLECT, "math.copysign(length(v), -float(v[0]))",
                caught_by="qr/first entries dominate"),
        Mistake("np.sign(0) is 0", REFLECT, "((v[0] > 0) * 1.0 - (v[0] < 0) * 1.0) * length(v)",
                caught_by="qr/a zero in the corner"),
        Mistake("q is returned transposed", "    return q, r", "    return q.T, r", caught_by="qr/square"),
        Mistake("reflections in the wrong order", "in reversed(range(len(reflectors)))", "in range(len(reflectors))",
                caught_by="qr/square"),
        Mistake("rounding is left below the diagonal", "xp.triu(r[: a.shape[1], :])", "r[: a.shape[1], :]",
                caught_by="qr/tall"),
        Mistake("r made positive without q", "    return q, r", "    return q, abs(r)", caught_by="qr/square"),
        Mistake("squares overflow", "largest = float(abs(x).max())", "largest = float(x.any())",
                caught_by="qr/huge entries"),
        Mistake("a column of zeros is divided by its length", "    if largest == 0:\n        return 0 * x\n", "",
                caught_by="qr/a column of zeros"),
        Mistake("v is not made a unit vector", "return v / length(v)", "return v", caught_by="qr/square"),
        Mistake("the last column is left out", "for j in range(a.shape[1]):", "for j in range(a.shape[1] - 1):",
                caught_by="qr/tall"),
        Mistake("the reflection starts one row too low", "v = reflector(r[j:, j])",
                "v = reflector(r[j:, j])\n        v[0] = v[0] * (len(v) > 1) * (j == 0)", caught_by="qr/square"),
        Mistake("normal equations", "    reflectors, r = triangularise(a)\n    c = array", NORMAL_EQUATIONS,
                caught_by="lstsq/condition 1e8"),
        Mistake("b is not reflected", "        c[j:, :] = reflect(v, c[j:, :])\n", "        pass\n",
                caught_by="lstsq/tall"),
        Mistake("q in place of its transpose", "in enumerate(reflectors):", "in reversed(list(enumerate(reflectors))):",
                caught_by="lstsq/tall"),
        Mistake("substitution from the top", "for i in reversed(range(len(c))):", "for i in range(len(c)):",
                caught_by="lstsq/tall"),
        Mistake("not divided by the diagonal", ") / r[i, i]", ")", caught_by="lstsq/tall"),
    ),
    equivalent=(
        Equivalent("reflector", "return 0 * x", "return 1 * x", "x is all zeros there"),
        Equivalent("lstsq", "return back_substitution(r, c[:r.shape[0], 0])",
                   "return back_substitution(r, c[:r.shape[1], 0])", "r is square"),
    ),
    hints=(
        "A reflection keeps lengths, so it can only take a column to plus or minus its length times the first axis. "
        "Which mirror does "
        "that, and which of the two signs should you choose?",
        "v = x + sign(x_0) |x| e_0, with sign(0) = 1; H = I - 2 v v^T / (v^T v) is never formed: H C = C - 2 v (v^T C) "
        "/ (v^T v). Go on with "
        "the rows and columns from j on. q is the product of all H, applied to an identity.",
        "For j: x = r[j:, j]; skip if it is 0; divide by its largest entry; v as above, made a unit vector; r[j:, j:] "
        "-= 2 v (v @ r[j:, j:]). "
        "q = eye(m, n); for j from the last to the first: q[j:] -= 2 v (v @ q[j:]). Least squares: apply the "
        "reflections from the first on to b, "
        "take the first n entries, and substitute back from the last row.",
    ),
)  # fmt: skip
