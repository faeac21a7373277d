"""Eigenvalues and eigenvectors of symmetric matrices, and power iteration: what an answer must do, and what it costs.

Vectors are unique up to signs only where eigenvalues are far apart, so `verify` checks what defines them: a v = v w and
v^T v = I, both relative to the largest eigenvalue; only w is compared with numpy's, in float64.

Tolerance: SLACK * 64 eps, relative to the largest size of an eigenvalue. Any backward stable method satisfies it (Weyl:
no eigenvalue moves by more than the norm of what is added to the matrix).

Sources: Golub and Van Loan, Matrix Computations, 4th ed. 2013, chapter 8; Jacobi 1846,
https://doi.org/10.1515/crll.1846.30.51
"""

import numpy as np

from harness.spec import (
    FLOAT,
    Array,
    Cost,
    Equivalent,
    Exercise,
    Limits,
    Mistake,
    Part,
    Plain,
    Policy,
    Rng,
    Timing,
    case,
    holds,
)

SLACK = 4.0
TOL = 1e-5  # power_iteration's default

# --- matrices ---------------------------------------------------------------------------------------------------


def symmetric(a):
    """The symmetric part, exactly: rounding to float32 keeps it so."""
    return (a + a.T) / 2


def with_eigenvalues(rng, w):
    """Symmetric with these eigenvalues and random eigenvectors."""
    v = np.linalg.qr(rng.standard_normal((len(w), len(w))))[0]
    return symmetric((v * w) @ v.T)


def split(rng, n):
    """Largest eigenvalue 8, whose vector is (0, ..., 0, 1, -1): exactly orthogonal to ones, and to the first axis."""
    a = np.diag(np.arange(5.0, 5.0 - n, -1.0))
    a[-2:, -2:] = [[4.0, -4.0], [-4.0, 4.0]]
    return rng.uniform(1.0, 2.0) * a


KINDS = {
    "normal": lambda rng, n: symmetric(rng.standard_normal((n, n))),
    "positive definite": lambda rng, n: with_eigenvalues(rng, rng.uniform(1.0, 10.0, n)),
    "negative definite": lambda rng, n: with_eigenvalues(rng, -rng.uniform(1.0, 10.0, n)),
    "repeated": lambda rng, n: with_eigenvalues(rng, np.where(np.arange(n) < n // 2, 3.0, -1.0)),
    "nearly repeated": lambda rng, n: with_eigenvalues(rng, 3.0 + 1e-13 * np.arange(n)),
    "ratio 0.999": lambda rng, n: with_eigenvalues(rng, rng.choice([-1.0, 1.0]) * 0.999 ** np.arange(n)),
    "graded": lambda rng, n: with_eigenvalues(rng, np.geomspace(1.0, 1e-12, n)),
    "plus and minus": lambda rng, n: with_eigenvalues(
        rng, np.where(np.arange(n) % 2, 1.0, -1.0) * (1 + np.arange(n) // 2)
    ),
    "diagonal": lambda rng, n: np.diag(rng.permutation(n) - 2.5 * rng.uniform(1.0, 2.0)),
    "equal diagonal": lambda rng, n: symmetric(rng.standard_normal((n, n))) * (1 - np.eye(n)) + np.eye(n),
    "ones": lambda rng, n: rng.uniform(1.0, 2.0) * np.ones((n, n)),
    "zero": lambda rng, n: np.zeros((n, n)),
    "split": split,
}
RATIOS = {"fast": 0.5, "medium": 0.9, "slow": 0.99, "negative": 0.8, "opposite": 0.9}


def inputs(rng, n=6, kind="normal", scale=1.0):
    return {"a": scale * KINDS[kind](rng, n)}


def power_inputs(rng, n=6, kind="fast", scale=1.0, tol=None):
    """A matrix whose second-largest eigenvalue is RATIOS[kind] of the largest, or one of KINDS."""
    if kind in RATIOS:
        w = rng.uniform(0.0, RATIOS[kind], n) * rng.choice([-1.0, 1.0], n)
        w[0] = -1.0 if kind == "negative" else 1.0
        w[1:2] = -RATIOS[kind] if kind == "opposite" else RATIOS[kind] * np.sign(w[0])
        a = rng.uniform(1.0, 3.0) * with_eigenvalues(rng, w)
    else:
        a = KINDS[kind](rng, n)
    drawn = {"a": scale * a, "rng": Rng(start_seed(rng, a))}
    return drawn if tol is None else {**drawn, "tol": tol}


def start_seed(rng, a):
    """A seed whose usual starts, normal and uniform, have a twentieth of their length along the vector that is sought.

    With less than tol / (1 - ratio) of it, 0.0001 in "ratio 0.9", the residual is as small as asked while v has only
    come to the second vector (at 0.99 and tol 1e-5, 6 of 10,000 starts; at 0.9 none of 100,000).
    """
    w, v = np.linalg.eigh(a)
    sought = v[:, np.argmax(np.abs(w))]
    while True:
        seed = int(rng.integers(2**62))
        if all(abs(start @ sought) >= 0.05 * np.sqrt(start @ start) for start in usual_starts(seed, len(a))):
            return seed


def usual_starts(seed, n):
    """What an answer may draw first, under numpy; torch's generator draws others."""
    normal, uniform = (np.random.Generator(np.random.PCG64(seed)) for _ in range(2))
    share = uniform.random(n)
    return normal.standard_normal(n), share, share - 0.5


# --- what is right ----------------------------------------------------------------------------------------------


def eigh_outputs(a):
    return Array(FLOAT, a.shape[:1]), Array(FLOAT, a.shape)


def verify_eigh(inputs, outputs, check):
    """The three things that define it, with words for the answers that are nearly right."""
    a = inputs["a"]
    w, v = (np.asarray(output, np.float64) for output in outputs)
    if w.size == 0:
        return
    check.true(np.isfinite(w), "w holds nan or infinity")
    check.true(np.isfinite(v), "v holds nan or infinity")
    truth = np.linalg.eigvalsh(a)
    size = np.abs(truth).max() or 1.0
    if not same(w, truth, size):
        check.true(not same(np.sort(w), truth, size), "the eigenvalues are right but not in ascending order")
        check.true(
            not same(np.sort(np.abs(w)), np.sort(np.abs(truth)), size), "the eigenvalues are right but for signs"
        )
    check.close(w / size, truth / size, "w differs from the eigenvalues", slack=SLACK)
    check.true(np.diff(w) >= 0, "the eigenvalues are not in ascending order")
    if not same(a @ v, v * w, size):
        check.true(not same(a @ v.T, v.T * w, size), "the eigenvectors are the rows of v; asked are columns")
    residual = np.abs(a @ v - v * w).max() / size
    allowed = SLACK * 64 * np.finfo(check.dtype).eps
    check.true(residual <= allowed, f"a v differs from v w by {residual:.2g} of the largest eigenvalue")
    check.close(v.T @ v, np.eye(len(w)), "the columns of v are not orthonormal", slack=SLACK)


def same(got, want, size):
    """Roughly equal: enough to name a mistake, never to pass."""
    return np.abs(got - want).max() <= 1e-3 * size


def power_outputs(a, rng, tol=TOL):
    return Plain(float), Array(FLOAT, a.shape[:1])


def verify_power(inputs, outputs, check):
    """The right eigenvalue, a unit vector, and a residual as small as asked."""
    a, tol = inputs["a"], inputs.get("tol", TOL)
    value, v = outputs[0], np.asarray(outputs[1], np.float64)
    check.true(isinstance(value, (int, float)), f"lambda is no number but {type(value).__name__}")
    check.true(np.isfinite(value) and np.isfinite(v).all(), "lambda or v holds nan or infinity")
    truth = np.linalg.eigvalsh(a)
    truth = truth[np.argmax(np.abs(truth))]
    rounding = 64 * np.finfo(check.dtype).eps
    check.true(abs(v @ v - 1) <= rounding, f"v has length {np.sqrt(v @ v):.6g}, not 1")
    if truth != 0:
        check.true(abs(value + truth) > 0.1 * abs(truth), f"lambda is {value:.6g}, of the wrong sign")
    check.true(
        abs(value - truth) <= (2 * tol + rounding) * abs(truth),
        f"lambda is {value:.8g}; the eigenvalue of largest size is {truth:.8g}",
    )
    residual = a @ v - value * v
    residual = np.sqrt(residual @ residual)
    check.true(
        residual <= (1.05 * tol + rounding) * abs(truth),
        f"|a v - lambda v| is {residual / (abs(truth) or 1):.2g} times |lambda|; asked is {tol:g}",
    )


EIGH_CASES = (
    case("matrix", n=6),
    case("two by two", n=2),
    case("one number", n=1),
    case("odd size", n=7),
    case("larger", n=14),
    case("positive definite", n=6, kind="positive definite"),
    case("negative definite", n=6, kind="negative definite"),
    case("plus and minus", n=8, kind="plus and minus", why="1 and -1, 2 and -2: sizes are equal, eigenvalues are not"),
    case("diagonal, unsorted", n=6, kind="diagonal", why="nothing to do but to sort, the vectors too"),
    case("equal diagonal", n=6, kind="equal diagonal", why="equal diagonal entries need a turn of 45 degrees"),
    case("close eigenvalues", n=8, kind="ratio 0.999", why="an unshifted iteration gains 0.1% a step"),
    case("repeated", n=8, kind="repeated", mark="robust", why="3, 3, 3, 3, -1, -1, -1, -1: subspaces, and an "
                                                              "orthonormal v"),
    case("nearly repeated", n=6, kind="nearly repeated", mark="robust", why="closer than rounding can tell"),
    case("graded", n=8, kind="graded", mark="robust", why="from 1 to 1e-12"),
    case("ones", n=5, kind="ones", mark="robust", why="rank one: 0, 0, 0, 0, n"),
    case("zero matrix", n=4, kind="zero", mark="robust", why="w = 0, and v is orthonormal"),
    case("huge entries", n=5, scale=2.0**100, mark="robust", why="their squares overflow float32"),
    case("tiny entries", n=5, scale=2.0**-100, mark="robust", why="no number but eps is small by itself"),
    case("huge entries, float64", n=5, scale=2.0**600, mark="robust", dtypes=("float64",)),
    case("nothing", n=0, mark="robust", why="w is (0,), v is (0, 0)"),
)  # fmt: skip
POWER_CASES = (
    case("ratio 0.5", n=6, kind="fast"),
    case("ratio 0.9", n=8, kind="medium"),
    case("ratio 0.99", n=8, kind="slow", tol=1e-7, dtypes=("float64",), why="the error in direction falls by 1% a step"),
    case("negative", n=6, kind="negative", why="the eigenvalue of largest size is negative: v changes sign in every "
                                               "step"),
    case("1 and -0.9", n=6, kind="opposite", why="the second-largest has the other sign"),
    case("one number", n=1, kind="fast"),
    case("a small tolerance", n=6, kind="fast", tol=1e-11, dtypes=("float64",), why="tol is used"),
    case("orthogonal to ones", n=5, kind="split", mark="robust", why="a fixed start may have no part of the answer"),
    case("zero matrix", n=3, kind="zero", mark="robust", why="a v = 0 has no direction"),
    case("huge entries", n=5, scale=2.0**100, mark="robust", why="squares overflow float32"),
    case("tiny entries", n=5, scale=2.0**-100, mark="robust", why="squares vanish in float32"),
)  # fmt: skip


# --- properties -------------------------------------------------------------------------------------------------


def a_multiple_of_the_identity_moves_all_eigenvalues(answer, x, check):
    """Adding 3 times the identity adds 3 to every eigenvalue."""
    a = x["a"].astype(np.float64)
    check.close(answer(a=a + 3 * np.eye(len(a)))[0], answer(a=a)[0] + 3, "eigenvalues of a + 3 I", slack=SLACK)


def the_sum_is_the_trace(answer, x, check):
    """The eigenvalues add up to the trace, and their squares to the sum of all squared entries."""
    w, a = answer(**x)[0].astype(np.float64), x["a"].astype(np.float64)
    size = np.abs(w).max() * len(w) * 64 * np.finfo(check.dtype).eps
    check.true(abs(w.sum() - np.trace(a)) <= size, "the eigenvalues do not add up to the trace")
    check.true(abs(np.sum(w**2) - np.sum(a**2)) <= 2 * np.abs(w).max() * size, "their squares do not add up")


def order_of_axes_does_not_matter(answer, x, check):
    """Exchanging rows and columns alike leaves the eigenvalues alone."""
    backwards = np.ascontiguousarray(x["a"][::-1, ::-1])
    check.close(answer(a=backwards)[0], answer(**x)[0], "eigenvalues with all axes reversed", slack=SLACK)


def minus_a_has_minus_lambda(answer, x, check):
    """The eigenvalue of -a is minus that of a."""
    plus, minus = answer(**x)[0], answer(**{**x, "a": -x["a"]})[0]
    check.true(abs(plus + minus) <= 5 * TOL * abs(plus), f"{plus:.7g} for a, {minus:.7g} for -a")


# --- cost -------------------------------------------------------------------------------------------------------


def cost(itemsize, n):
    """Nine sweeps of n^2 / 2 turns, each of 2 columns, 2 rows and 2 vectors at 6 n flops; a read, w and v written."""
    return Cost(flops=9 * 9 * n**3, bytes_moved=itemsize * (2 * n * n + n))


RESIDUAL = "if length(moved - value * v) <= tol * abs(value):"
FASTEST = dict.fromkeys(("numpy", "torch", "cupy"), "round_robin.py")

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "eigh", inputs, EIGH_CASES, verify=verify_eigh, outputs=eigh_outputs,
            properties=(
                holds(a_multiple_of_the_identity_moves_all_eigenvalues, n=5),
                holds(the_sum_is_the_trace, n=7),
                holds(order_of_axes_does_not_matter, n=6),
            ),
        ),
        Part(
            "power_iteration", power_inputs, POWER_CASES, verify=verify_power, outputs=power_outputs,
            properties=(holds(minus_a_has_minus_lambda, n=5),),
        ),
    ),
    timings=(
        Timing(
            case("32 x 32", n=32), cost, part="eigh", scaling="n", yardstick=FASTEST, fresh="draw",
            library={"numpy": "numpy.linalg.eigh(a)", "torch": "torch.linalg.eigh(a)"},
        ),
    ),
    policy=Policy(
        banned=(
            "base", "@linalg", "torch.lobpcg", "torch.svd_lowrank", "torch.pca_lowrank", "torch.geqrf",
            "torch.matrix_exp",
        ),
        earns=("numpy.linalg.eigh", "numpy.linalg.eigvalsh", "torch.linalg.eigh", "torch.linalg.eigvalsh"),
        backends=("numpy", "torch", "cupy"),
    ),
    limits=Limits(call_s=15.0),  # loops over all pairs of axes are fine
    mistakes=(
        Mistake("unshifted QR, stopped by a cap", file="mistakes/unshifted_qr.py", caught_by="eigh/close eigenvalues"),
        Mistake("each vector by itself, by inverse iteration", file="mistakes/inverse_iteration.py",
                caught_by="eigh/repeated"),
        Mistake("eigenvectors as rows", "return w[order], v[:, order]", "return w[order], v[:, order].T",
                caught_by="eigh/matrix"),
        Mistake("not sorted", "order = xp.argsort(w)", "order = xp.arange(n)", caught_by="eigh/diagonal, unsorted"),
        Mistake("descending", "order = xp.argsort(w)", "order = xp.argsort(-w)", caught_by="eigh/matrix"),
        Mistake("sorted by size", "order = xp.argsort(w)", "order = xp.argsort(abs(w))",
                caught_by="eigh/plus and minus"),
        Mistake("vectors not sorted with the values", "return w[order], v[:, order]", "return w[order], v",
                caught_by="eigh/diagonal, unsorted"),
        Mistake("sign(0) is 0: no turn where diagonal entries are equal", "math.copysign(1.0, theta)",
                "((theta > 0) - (theta < 0))", caught_by="eigh/ones"),
        Mistake("the wrong way round", "theta = (aqq - app)", "theta = (app - aqq)", caught_by="eigh/matrix"),
        Mistake("half the angle", "/ (2 * apq)", "/ apq", caught_by="eigh/matrix"),
        Mistake("two sweeps", "range(40)", "range(2)", caught_by="eigh/larger"),
        Mistake("an absolute tolerance", "xp.finfo(a.dtype).eps * largest(a)", "1e-10",
                caught_by="eigh/tiny entries"),
        Mistake("a tolerance that is too coarse", "xp.finfo(a.dtype).eps * largest(a)", "1e-3 * largest(a)",
                caught_by="eigh/larger"),
        Mistake("the vectors are not turned", "                turn(v, p, q, c, s)\n", "", caught_by="eigh/matrix"),
        Mistake("columns are turned, rows are not", "                turn(d.T, p, q, c, s)  # and its rows, through a "
                                                    "view\n", "",
                caught_by="eigh/matrix"),
        Mistake("eigenvalues without signs", "w = xp.sum(d * ", "w = abs(1.0) * xp.sum(abs(d) * ",
                caught_by="eigh/negative definite"),
        Mistake("no normalisation", "v = unit(moved)", "v = moved", caught_by="power_iteration/ratio 0.5"),
        Mistake("a fixed start", "v = unit(random_vector(a, rng))", "v = unit(random_vector(a, rng) * 0 + 1)",
                caught_by="power_iteration/orthogonal to ones"),
        Mistake("starts with the first axis", "v = unit(random_vector(a, rng))", "v = random_vector(a, rng) * 0\n    "
                                                                                 "v[0] = 1",
                caught_by="power_iteration/orthogonal to ones"),
        Mistake("lambda is the length of a v", "value = float(v @ moved)", "value = length(moved)",
                caught_by="power_iteration/negative"),
        Mistake("a hundred steps", "range(4_000)", "range(100)", caught_by="power_iteration/ratio 0.99"),
        Mistake("stops when lambda stands still", RESIDUAL,
                "last, change = value, abs(value - (last if _step else 0))\n        if change <= tol * abs(value):",
                caught_by="power_iteration/ratio 0.99"),
        Mistake("tol is ignored", "<= tol * abs(value)", "<= 1e-5 * abs(value)",
                caught_by="power_iteration/a small tolerance"),
        Mistake("an absolute residual", "<= tol * abs(value)", "<= tol", caught_by="power_iteration/tiny entries"),
        Mistake("the zero matrix has no direction", RESIDUAL,
                "if length(moved - value * v) < tol * abs(value):", caught_by="power_iteration/zero matrix"),
        Mistake("squares overflow", "    x = x / largest(x)  # squares", "    return x / (x @ x) ** 0.5  # squares",
                caught_by="power_iteration/huge entries"),
    ),
    equivalent=(
        Equivalent("eigh", "xp, n = (array_namespace(a), a.shape[0])",
                   "xp, n = (array_namespace(a), a.shape[1])",
                   "a is square"),
        Equivalent("eigh", "for _sweep in range(40):", "for _sweep in range(39):", "no matrix needs as many"),
        Equivalent("eigh", "for _sweep in range(40):", "for _sweep in range(41):", "no matrix needs as many"),
        Equivalent("eigh", "rotated = False", "rotated = True", "sweeps without a turn more, to the cap"),
        Equivalent("eigh", "for p in range(n - 1):", "for p in range(n + 1):", "the last axes have no q behind them"),
        Equivalent("eigh", "for p in range(n - 1):", "for p in range(n - 0):", "the last axis has no q behind it"),
        Equivalent("eigh", "d[p, q] = d[q, p] = 0",
                   "pass",
                   "what a turn leaves there is rounding, below the threshold"),
        Equivalent("eigh", "w = xp.sum(d * xp.eye(n, dtype=a.dtype, device=device(a)), axis=1)",
                   "w = xp.sum(d * xp.eye(n, dtype=a.dtype, device=device(a)), axis=0)",
                   "a diagonal has the same sums both ways"),
        Equivalent("turn", "old_p, old_q = (m[:, p] + 0, m[:, q] + 0)",
                   "old_p, old_q = (m[:, p] - 0, m[:, q] + 0)",
                   "a copy all the same"),
        Equivalent("turn", "old_p, old_q = (m[:, p] + 0, m[:, q] + 0)",
                   "old_p, old_q = (m[:, p] + 0, m[:, q] - 0)",
                   "a copy all the same"),
        Equivalent("largest", "return float(abs(a).max()) if 0 not in a.shape else 0.0",
                   "return float(abs(a).max()) if 0 not in a.shape else 1.0",
                   "an empty matrix has no pairs to compare with it"),
        Equivalent("power_iteration", "for _step in range(4000):",
                   "for _step in range(3999):",
                   "no case needs as many"),
        Equivalent("power_iteration", "for _step in range(4000):",
                   "for _step in range(4001):",
                   "no case needs as many"),
        Equivalent("power_iteration", "if length(moved - value * v) <= tol * abs(value):",
                   "if length(moved + value * v) <= tol * abs(value):", "goes on to the cap, and is as right there"),
        Equivalent("power_iteration", "if length(moved - value * v) <= tol * abs(value):",
                   "if length(moved - value / v) <= tol * abs(value):", "goes on to the cap, and is as right there"),
        Equivalent("power_iteration", "if length(moved - value * v) <= tol * abs(value):",
                   "if length(moved - value * v) <= tol * value:", "goes on to the cap, and is as right there"),
        Equivalent("random_vector", "return array_namespace(a).asarray(rng.standard_normal(a.shape[0]), dtype=a.dtype)",
                   "return array_namespace(a).asarray(rng.standard_normal(a.shape[1]), dtype=a.dtype)",
                   "a is square"),
        Equivalent("random_vector", "return torch.randn(a.shape[0], dtype=a.dtype, device=a.device, generator=rng)",
                   "return torch.randn(a.shape[1], dtype=a.dtype, device=a.device, generator=rng)",
                   "a is square"),
    ),
    hints=(
        "A 2 x 2 symmetric matrix is made diagonal by a rotation that you can write down. What does that rotation do "
        "to the rest of a larger "
        "matrix, and to the sum of its squared entries beside the diagonal? For the power iteration: what is left of "
        "a^k x?",
        "Jacobi: for all pairs p < q rotate columns and rows p and q of a (and the columns of v) so that a_pq becomes "
        "0; repeat until all are "
        "negligible against the largest entry; then sort. Power iteration: stop by the residual, and take lambda from "
        "v^T a v.",
        "theta = (a_qq - a_pp) / (2 a_pq), t = sign(theta) / (|theta| + sqrt(1 + theta^2)) with sign(0) = 1, c = 1 / "
        "sqrt(1 + t^2), s = c t; columns p, q "
        "become c p - s q, s p + c q, then the rows likewise. v = random / |v|; u = a v; lambda = v.u; stop if |u - "
        "lambda v| <= tol |lambda|; v = u / |u|.",
    ),
)  # fmt: skip
