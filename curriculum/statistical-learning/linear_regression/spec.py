"""Linear and ridge regression: what an answer must do, and what it costs.

Ordinary designs have centred columns of condition number 2, so that any honest method has digits to spare; what nearly
dependent columns may cost is a property of its own.

Sources: Golub 1965, https://doi.org/10.1007/BF01436075; Hoerl, Kennard 1970,
https://doi.org/10.1080/00401706.1970.10488634; Bjorck 1996, https://doi.org/10.1137/1.9781611971484
"""

import numpy as np

from harness.spec import FLOAT, Array, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

CONDITION = 1e7  # of the columns that nearly depend on each other

# --- oracles, in float64 --------------------------------------------------------------------------------------


def fit(x, y, l2=0.0):
    """Oracle: pseudo-inverse or ridge's normal equations, refined in extended precision; the means give b."""
    centred, target = x - x.mean(axis=0), y - y.mean()
    # singular values that should be 0 are near 1e-16 here, and none that counts is below 1e-8
    inverse = np.linalg.pinv(centred, rcond=1e-11)
    gram_inverse = inverse @ inverse.T
    w = inverse @ target
    if l2:
        gram_inverse = np.linalg.inv(centred.T @ centred + l2 * np.eye(x.shape[1]))
        w = gram_inverse @ (centred.T @ target)
    wide, l2 = centred.astype(np.longdouble), np.longdouble(l2)
    for _ in range(2):  # so that no answer is told apart from the oracle by the oracle's own rounding
        w = w + gram_inverse @ (wide.T @ (target - wide @ w) - l2 * w).astype(np.float64)
    return w, np.asarray(y.mean() - x.mean(axis=0) @ w)


def predict(x, w, b):
    """Oracle: one number a row."""
    return np.einsum("nd,d->n", x, w) + b


def with_penalized_intercept(x, y, l2=0.0):
    """b is one more weight, of a column of ones: in the norm that is smallest, and in the penalty."""
    columns = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    if l2 == 0:
        weights = np.linalg.pinv(columns, rcond=1e-11) @ y
    else:
        weights = np.linalg.solve(columns.T @ columns + l2 * np.eye(columns.shape[1]), columns.T @ y)
    return weights[:-1], np.asarray(weights[-1])


CONVENTIONS = {
    "the intercept is penalized too, or part of the norm that is smallest": with_penalized_intercept,
    "the mean of the squares is minimized instead of their sum": lambda x, y, l2=0.0: fit(x, y, l2 * len(x)),
    "half the sum of squares is minimized, but with all of l2 * |w|^2": lambda x, y, l2=0.0: fit(x, y, 2 * l2),
}


def outputs(x, **_):
    return Array(FLOAT, (x.shape[1],)), Array(FLOAT, ())


def verify(inputs, outputs, check):
    """Within 512 eps of the oracle: sound methods differ by more than the usual budget, as weights add up errors."""
    want = fit(**inputs)
    for name, other in CONVENTIONS.items():
        far = [np.abs(other(**inputs)[i] - want[i]).max() > 1e-3 * np.abs(want[i]).max() for i in (0, 1)]
        near = [np.allclose(outputs[i], other(**inputs)[i], rtol=1e-4, atol=0) for i in (0, 1)]
        check.true(not (any(far) and all(near)), f"right in itself, but not what is asked here: {name}")
    check.close(outputs[0], want[0], "w", slack=8)
    check.close(outputs[1], want[1], "b", slack=8)


# --- inputs ---------------------------------------------------------------------------------------------------


def columns_of(rng, n, d, spectrum, mean):
    """(n, d) of column means of size `mean` and both signs, whose centred singular values are sqrt(n) * spectrum."""
    centred = rng.standard_normal((n, d))
    centred -= centred.mean(axis=0)
    u, _, vt = np.linalg.svd(centred, full_matrices=False)
    rank = min(n - 1, d)
    values = np.sqrt(n) * np.resize(spectrum, rank)
    return (u[:, :rank] * values) @ vt[:rank] + mean * rng.choice([-1.0, 1.0]) * np.resize([1.0, -1.0], d)


def design(rng, n, d, kind, mean):
    if kind == "plain":  # fast to draw, for the clock
        return rng.standard_normal((n, d)) + mean
    if kind == "nearly dependent":
        return columns_of(rng, n, d, [1.0, 1 / CONDITION], mean)
    x = columns_of(rng, n, d, np.linspace(1.0, 2.0, max(min(n - 1, d), 1)), mean)
    if kind == "a copy":
        x[:, -1] = x[:, 0]
    if kind == "a sum":
        x = np.round(16 * x) / 16
        x[:, -1] = x[:, :-1].sum(axis=1)
    if kind == "constant column":
        x[:, -1] = 2.0
    if kind == "one row":
        x = np.repeat(np.round(16 * x[:1]) / 16, n, axis=0)  # so that means are exact where n is a power of two
    return x


def inputs(rng, n=40, d=3, kind="", mean=1.0, noise=0.5, height=2.0, tiny=1.0, l2=None):
    """A linear law with noise. Without `l2` the default is tested.

    y is shifted until the intercept comes out as `height`: near 0 it would be all rounding.
    """
    x = design(rng, n, d, kind, mean)
    w = rng.uniform(1.0, 2.0, d) * rng.choice([-1.0, 1.0], d)
    y = x @ w + noise * rng.standard_normal(n)
    if kind != "plain":
        y += height - fit(x, y, l2 or 0.0)[1]
    return {"x": tiny * x, "y": y} | ({} if l2 is None else {"l2": l2})


def predict_inputs(rng, n=5, d=3):
    """All positive, so that no sum is small beside its terms."""
    return {name: np.asarray(rng.uniform(1, 2, size)) for name, size in {"x": (n, d), "w": (d,), "b": ()}.items()}


# --- properties -----------------------------------------------------------------------------------------------


def residuals_are_orthogonal_to_every_column(answer, x, check):
    """What is left of y is orthogonal to each column of x and sums to zero: no line through it would help."""
    w, b = answer(**x)
    columns, y = x["x"].astype(np.float64), x["y"].astype(np.float64)
    residuals = y - columns @ w.astype(np.float64) - np.float64(b)
    eps, size = 64 * np.finfo(check.dtype).eps, np.abs(y).sum()
    check.true(abs(residuals.sum()) <= eps * size, "the residuals do not sum to zero")
    check.true((np.abs(columns.T @ residuals) <= eps * size * np.abs(columns).max()).all(), "a column would still help")


def raising_y_raises_only_the_intercept(answer, x, check):
    """Adding 8 to every y adds 8 to b and leaves w alone, with a penalty too."""
    (w, b), (raised_w, raised_b) = answer(**x), answer(**{**x, "y": x["y"] + 8})
    check.close(raised_w, w, "w after adding 8 to every y")
    check.close(raised_b, b + 8, "b after adding 8 to every y")


def moving_the_columns_moves_only_the_intercept(answer, x, check):
    """Adding 4 to a whole column leaves w alone and takes 4 times its weight off b, with a penalty too."""
    moved = x["x"].copy()
    moved[:, 0] += 4
    (w, b), (moved_w, moved_b) = answer(**x), answer(**{**x, "x": moved})
    check.close(moved_w, w, "w after moving a column")
    check.close(moved_b, b - 4 * w[0], "b after moving a column")


def the_order_of_rows_does_not_matter(answer, x, check):
    """The same samples in another order give the same line."""
    (w, b), (other_w, other_b) = answer(**x), answer(**{**x, "x": x["x"][::-1].copy(), "y": x["y"][::-1].copy()})
    check.close(other_w, w, "w with the rows backwards")
    check.close(other_b, b, "b with the rows backwards")


def an_enormous_ridge_leaves_only_the_mean(answer, x, check):
    """As l2 grows without bound, w goes to 0 and b to the mean of y."""
    w, b = answer(**x)
    check.true(np.abs(w).max() <= 1e-9, "w does not vanish")
    check.close(b, x["y"].astype(np.float64).mean(), "b under an enormous ridge")


def nearly_dependent_columns_cost_their_condition_number(answer, x, check):
    """Columns of condition number k cost k times the rounding, not k squared times: that is what x'x would do."""
    exact, _ = fit(x["x"].astype(np.float64), x["y"].astype(np.float64))
    got, _ = answer(**x)
    check.close(got, exact, "w of columns that nearly depend on each other", slack=CONDITION / 2)


# --- cases ----------------------------------------------------------------------------------------------------

CASES = (
    case("three columns"),
    case("one column", d=1, why="covariance over variance"),
    case("ten columns", n=80, d=10),
    case("noiseless", noise=0.0, why="the law itself comes back"),
    case("ridge", l2=5.0),
    case("a strong ridge", l2=200.0, why="the intercept pays no penalty: it stays near the mean of y"),
    case("y far from 0, ridge", height=50.0, l2=40.0),
    case("columns far from 0, ridge", mean=20.0, height=100.0, l2=40.0, why="b stands for where the columns are"),
    case("more columns than rows, ridge", n=4, d=9, l2=1.0),
    case("a column twice", kind="a copy", mark="robust", why="x'x is singular; of all best w the shortest is asked"),
    case("a column the sum of the others", n=64, d=9, kind="a sum", mark="robust"),
    case("a column twice, ridge", kind="a copy", l2=3.0, mark="robust"),
    case("a constant column", kind="constant column", mark="robust", why="b does its work: the shortest w has 0 there"),
    case("as many rows as columns", n=8, d=8, mark="robust", why="centred, they span one dimension less"),
    case(
        "more columns than rows",
        n=40,
        d=60,
        mean=3.0,
        height=30.0,
        mark="robust",
        why="many w fit exactly; the shortest is asked",
    ),
    case("one row only", n=1, d=3, mark="robust", why="w is 0 and b is y"),
    case("the same row again and again", n=8, kind="one row", mark="robust", why="nothing to learn: w is 0"),
    case("tiny numbers", tiny=1e-12, mark="robust", why="what is small is judged by its neighbours, not by 1e-10"),
)


def cost(itemsize, n, d, **_):
    """x'x and the solution of d equations."""
    return Cost(flops=2 * n * d**2 + 2 * d**3 / 3, bytes_moved=itemsize * (n * d + d**2))


def predict_cost(itemsize, n, d):
    return Cost(flops=2 * n * d, bytes_moved=itemsize * (n * d + d + n))


SOLVED = "w = vt.T @ (gain * (u.T @ (y - y_mean)))"

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "fit", inputs, CASES, verify=verify, outputs=outputs,
            properties=(
                holds(residuals_are_orthogonal_to_every_column, n=30, d=4),
                holds(raising_y_raises_only_the_intercept, l2=10.0),
                holds(moving_the_columns_moves_only_the_intercept, l2=10.0),
                holds(an_enormous_ridge_leaves_only_the_mean, l2=1e20),
                holds(the_order_of_rows_does_not_matter, n=25),
                holds(
                    nearly_dependent_columns_cost_their_condition_number, dtypes=("float64",),
                    n=40, d=6, kind="nearly dependent", mean=0.0, noise=0.0,
                ),
            ),
        ),
        Part(
            "predict", predict_inputs,
            (
                case("five rows"),
                case("one row", n=1, d=4),
                case("no rows", n=0, mark="robust", why="an empty batch comes back empty"),
            ),
            oracle=predict,
        ),
    ),
    timings=(
        Timing(
            case("20,000 rows of 50", n=20_000, d=50, kind="plain"), cost, part="fit", scaling="n",
            yardstick={"numpy": "gram.py", "torch": "with_torch.py"},
        ),
    ),
    policy=Policy(
        banned=(
            "base", "np.linalg.lstsq", "np.linalg.pinv", "torch.linalg.lstsq", "torch.linalg.pinv", "torch.pinverse",
            "cupy.linalg.lstsq", "cupy.linalg.pinv", "np.polyfit",
        ),
        earns=("np.linalg.lstsq", "np.linalg.pinv", "torch.linalg.lstsq", "torch.linalg.pinv"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake(
            "the inverse of x'x, which may not exist", SOLVED,
            "c = x - x_mean\n    w = np.linalg.inv(c.T @ c + l2 * np.eye(len(vt.T), dtype=x.dtype)) @ (c.T @ (y - "
            "y_mean))",
            caught_by="fit/a column twice",
        ),
        Mistake(
            "singular values by way of x'x, which squares the condition number",
            "u, s, vt = xp.linalg.svd(x - x_mean, full_matrices=False)",
            "c = x - x_mean\n    s, v = np.linalg.eigh(c.T @ c)\n    s = np.maximum(s, 0) ** 0.5\n    vt, u = v.T, c @ "
            "v / s",
            caught_by="nearly dependent columns cost their condition number",
        ),
        Mistake("the intercept is penalized", file="mistakes/penalized_intercept.py", caught_by="fit/a strong ridge"),
        Mistake(
            "no intercept", "xp.mean(x, axis=0), xp.mean(y)", "0 * xp.mean(x, axis=0), 0 * xp.mean(y)",
            caught_by="fit/three columns",
        ),
        Mistake("x is not centred", "svd(x - x_mean,", "svd(x,", caught_by="fit/three columns"),
        Mistake("the intercept is the mean of y", "y_mean - x_mean @ w", "y_mean", caught_by="fit/three columns"),
        Mistake(
            "the intercept with the wrong sign", "y_mean - x_mean @ w", "y_mean + x_mean @ w",
            caught_by="fit/three columns"
        ),
        Mistake("one mean for all columns", "xp.mean(x, axis=0)", "xp.mean(x) + 0 * x[0]",
                caught_by="fit/three columns"),
        Mistake("l2 multiplied by n", "(s**2 + l2)", "(s**2 + l2 * len(x))", caught_by="fit/ridge"),
        Mistake("l2 divided by n", "(s**2 + l2)", "(s**2 + l2 / len(x))", caught_by="fit/ridge"),
        Mistake("l2 is ignored", "(s**2 + l2)", "s**2", caught_by="fit/ridge"),
        Mistake("l2 squared", "(s**2 + l2)", "(s**2 + l2**2)", caught_by="fit/ridge"),
        Mistake("l2 beside s instead of its square", "s / (s**2 + l2)", "1 / (s + l2)", caught_by="fit/ridge"),
        Mistake(
            "every direction counts, also those that rounding made", "s > 10 * max(x.shape) * xp.finfo(x.dtype).eps * "
                                                                     "xp.max(s)",
            "s >= 0", caught_by="fit/a column twice",
        ),
        Mistake(
            "dependence judged by float64's eps whatever the type", "xp.finfo(x.dtype).eps", "2.2e-16",
            caught_by="fit/more columns than rows",
        ),
        Mistake(
            "dependence judged by an absolute number", "s > 10 * max(x.shape) * xp.finfo(x.dtype).eps * xp.max(s)",
            "s > 1e-6",
            caught_by="fit/tiny numbers",
        ),
        Mistake(
            "what is nearly dependent is thrown away", "xp.finfo(x.dtype).eps", "1e-7",
            caught_by="nearly dependent columns cost their condition number",
        ),
        Mistake("predict forgets the intercept", "x @ w + b", "x @ w", caught_by="predict/five rows"),
        Mistake("predict takes the intercept off", "x @ w + b", "x @ w - b", caught_by="predict/five rows"),
    ),
    equivalent=(
        Equivalent("fit", "known = s > 10 * max(x.shape) * xp.finfo(x.dtype).eps * xp.max(s)",
                   "known = s > 11 * max(x.shape) * xp.finfo(x.dtype).eps * xp.max(s)",
                   "no singular value lies between; one that did would make a right answer fail by rounding"),
        Equivalent("fit", "known = s > 10 * max(x.shape) * xp.finfo(x.dtype).eps * xp.max(s)",
                   "known = s > 10 * min(x.shape) * xp.finfo(x.dtype).eps * xp.max(s)", "likewise"),
        Equivalent("fit", "s = xp.where(known, s, 1)", "s = xp.where(known, s, 0)", "these directions are left out, whatever stands there"),
    ),
    hints=(
        "The best b for a given w makes the residuals sum to zero. Put that b into the sum of squares: what is left to "
        "solve?",
        "Subtract the column means from x and the mean of y from y, solve for w without an intercept, then b = mean(y) "
        "- mean(x).w. "
        "With the SVD of the centred x the equations for w come apart into one for each singular value.",
        "u, s, vt = svd(x - mean(x)); w = vt' (g * (u' (y - mean(y)))) with g = s / (s^2 + l2), and g = 0 where "
        "s <= 10 max(n, d) eps max(s).",
    ),
)  # fmt: skip
