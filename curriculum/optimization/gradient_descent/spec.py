"""Gradient descent as a path: what an answer must do, and what it costs.

Sources: Cauchy 1847; the rates are in Nesterov 2018, https://doi.org/10.1007/978-3-319-91578-4 chapter 2.
On a quadratic the path has a closed form, which is the oracle: with Hessian A = V diag(h) V^T and minimum c,
x_k = c + V diag((1 - lr h)^k) V^T (x_0 - c). So the oracle never takes a step.
"""

import numpy as np

from harness.spec import Cost, Exercise, Mistake, Part, Policy, Timing, case, holds


def gd(x0, lr, n, a=None, center=None, kind="quadratic", ask="path"):
    """Oracle: the path (n + 1, d), or the number of gradients that it takes."""
    if ask == "calls":
        return n
    if kind == "quartic":
        return quartic_path(x0, lr, n)
    if kind == "itself":
        a, center = np.ones_like(x0), np.zeros_like(x0)
    if a.ndim == 1:
        return center + (1 - lr * a) ** np.arange(n + 1)[:, None] * (x0 - center)
    curvatures, axes = np.linalg.eigh(a)
    factors = (1 - lr * curvatures) ** np.arange(n + 1)[:, None]
    return center + (factors * (axes.T @ (x0 - center))) @ axes.T


def quartic_path(x0, lr, n):
    """On sum(x^4) / 4 the gradient is x^3, and there is no closed form: each coordinate shrinks by 1 - lr x^2."""
    path = [x0]
    for _ in range(n):
        path.append(path[-1] * (1 - lr * path[-1] ** 2))
    return np.array(path)


# --- inputs ---------------------------------------------------------------------------------------------------


def rotation(rng, d):
    """A random orthogonal matrix (d, d)."""
    return np.linalg.qr(rng.standard_normal((d, d)))[0]


def inputs(rng, d=4, n=10, rate=0.5, smallest=0.2, kind="quadratic", diagonal=False, offset=0.0, scale=1.0):
    """A quadratic of curvatures `smallest` to 1 and a start that is off its minimum in every direction.

    rate is lr times the largest curvature: below 2 converges, above diverges.
    """
    curvatures = np.linspace(1.0, smallest, d)
    far = scale * rng.uniform(1.0, 3.0, d) * rng.choice([-1.0, 1.0], d)
    if kind in ("itself", "quartic"):
        return {"x0": far / 3, "lr": rate, "n": n, "kind": kind}
    center = offset + rng.standard_normal(d)
    if diagonal:
        return {"x0": center + far, "lr": rate, "n": n, "a": curvatures, "center": center}
    axes = rotation(rng, d)
    a = (axes * curvatures) @ axes.T
    x = {"x0": center + axes @ far, "lr": rate, "n": n, "a": (a + a.T) / 2, "center": center}
    return x if kind == "quadratic" else x | {"kind": kind}


CASES = (
    case("ten steps"),
    case("one step", n=1, why="row 0 is the start, row 1 the point after one step"),
    case("no step", n=0, why="the path of no steps is the start alone"),
    case("one dimension", d=1, n=6),
    case("a diagonal Hessian", diagonal=True),
    case("a hundred steps", d=6, n=100, rate=0.3, smallest=0.05),
    case("a step across the valley", rate=1.7, why="past 1 the largest curvature overshoots, and still converges"),
    case("not a quadratic", kind="quartic", rate=0.2, why="the gradient of the new point is needed in every step"),
    case("a rate that diverges", rate=2.3, n=20, mark="robust", why="what diverges is shown as it is, not clipped"),
    case("a rate of zero", rate=0.0, n=3, mark="robust", why="nothing moves, and every row is the start"),
    case("uphill on purpose", rate=-0.3, n=5, mark="robust", why="a negative rate climbs; the sign is the caller's"),
    case("far from the minimum", scale=1e4, n=20, mark="robust", why="long gradients are not normalized or clipped"),
    case("near the minimum", scale=1e-5, n=20, mark="robust", why="n steps are n steps, also where little moves"),
    case("the gradient is the point itself", kind="itself", mark="robust", why="grad may return the array it was given"),
    case("grad reuses its memory", kind="reused memory", mark="robust", why="grad may return the same array each time"),
    case("no coordinates", d=0, n=3, mark="robust", why="a point of no dimension has an empty path of n + 1 rows"),
)  # fmt: skip


# --- properties -----------------------------------------------------------------------------------------------


def row_0_is_the_start(answer, x, check):
    """Row 0 is x0 to the last bit, and there are n + 1 rows."""
    path = answer(**x)
    check.equal(path[0], x["x0"], "row 0 is not x0")
    check.true(len(path) == x["n"] + 1, f"{x['n']} steps make {x['n'] + 1} rows, not {len(path)}")


def one_gradient_a_step(answer, x, check):
    """n steps ask for the gradient exactly n times."""
    for n in (0, 1, x["n"]):
        calls = answer(**{**x, "n": n}, ask="calls")
        check.true(calls == n, f"grad was called {calls} times in {n} steps")


def steps_can_be_taken_in_two_goes(answer, x, check):
    """Going on from where a path ended gives the rest of the longer path: there is no memory."""
    whole, half = answer(**x), x["n"] // 2
    rest = answer(**{**x, "x0": whole[half], "n": x["n"] - half})
    check.close(rest, whole[half:], f"the path that goes on from row {half}")


def below_two_over_the_curvature_it_converges(answer, x, check):
    """With lr below 2 / L the distance to the minimum falls, with lr above it grows."""
    for rate, nearer in ((1.9, True), (2.1, False)):  # the largest curvature is 1
        distance = np.linalg.norm(answer(**{**x, "lr": rate}) - x["center"], axis=1)
        check.true(
            (distance[-1] < distance[0]) == nearer, f"from {distance[0]:.3g} to {distance[-1]:.3g} at lr = {rate}/L"
        )


def turning_the_space_turns_the_path(answer, x, check):
    """An orthogonal change of variables turns the path and changes nothing else."""
    turn = rotation(np.random.default_rng(1), len(x["x0"])).astype(x["x0"].dtype)
    turned = answer(**{**x, "a": turn @ x["a"] @ turn.T, "center": turn @ x["center"], "x0": turn @ x["x0"]})
    check.close(turned, answer(**x) @ turn.T, "the path in turned coordinates", slack=4)


# --- speed ----------------------------------------------------------------------------------------------------


def cost(itemsize, d, n, **_):
    """The gradient at x is x itself and costs nothing: a step scales, adds, reads one row and writes the next."""
    return Cost(flops=2 * d * n, bytes_moved=2 * itemsize * d * n)


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "gd", inputs, CASES, gd,
            properties=(
                row_0_is_the_start,
                one_gradient_a_step,
                steps_can_be_taken_in_two_goes,
                holds(below_two_over_the_curvature_it_converges, n=60),
                holds(turning_the_space_turns_the_path, d=5, n=12),
            ),
        ),
    ),
    timings=(
        Timing(
            case("50 steps in 200,000 dimensions", d=200_000, n=50, rate=0.01, kind="itself"), cost,
            scaling="d", yardstick={"numpy": "preallocated.py", "torch": "with_torch.py"},
        ),
    ),
    policy=Policy(banned=("base", "@optim", "@autograd"), backends=("numpy", "torch", "cupy")),
    mistakes=(
        Mistake("ascent", "x - lr * grad(x)", "x + lr * grad(x)", caught_by="ten steps"),
        Mistake(
            "in place, so that all rows are the last point",
            "    path = [x0]\n    for _ in range(n):\n        x = path[-1]\n        path.append(x - lr * grad(x))",
            "    x = x0 + 0\n    path = [x]\n    for _ in range(n):\n        x -= lr * grad(x)\n        path.append(x)",
            caught_by="ten steps",
        ),
        Mistake("moves x0 itself", "        path.append(x - lr * grad(x))",
                "        x -= lr * grad(x)\n        path.append(x + 0)", caught_by="row 0 is the start"),
        Mistake("the start is left out", "xp.stack(path)", "xp.stack(path[1:] or path)", caught_by="one step"),
        Mistake("one step too few", "range(n)", "range(n - 1)", caught_by="one step"),
        Mistake("one step too many", "range(n)", "range(n + 1)", caught_by="no step"),
        Mistake("the gradient of the start in every step", "grad(x)", "grad(x0)", caught_by="ten steps"),
        Mistake("normalized gradient", "x - lr * grad(x)",
                "x - lr * grad(x) / xp.sqrt(xp.sum(grad(x) ** 2))", caught_by="ten steps"),
        Mistake("gradient clipped to length 1", "x - lr * grad(x)",
                "x - lr * grad(x) / max(1.0, float(xp.sum(grad(x) ** 2)) ** 0.5)", caught_by="far from the minimum"),
        Mistake("a rate that falls as 1/k", "    for _ in range(n):\n        x = path[-1]",
                "    for k in range(n):\n        x = path[-1]\n        lr = lr * max(k, 1) / (k + 1)", caught_by="ten steps"),
        Mistake("stops when the step is small", "        path.append(x - lr * grad(x))",
                "        path.append(x - lr * grad(x) if float(xp.sum(xp.abs(grad(x)))) > 1e-4 else x)",
                caught_by="near the minimum"),
        Mistake("two gradients a step", "        x = path[-1]\n", "        x = path[-1]\n        grad(x)\n",
                caught_by="one gradient a step"),
        Mistake("scales what grad returned in place", "        path.append(x - lr * grad(x))",
                "        g = grad(x)\n        g *= lr\n        path.append(x - g)", caught_by="the gradient is the point itself"),
        Mistake("keeps the gradients and sums them later", "        path.append(x - lr * grad(x))",
                "        steps = [] if len(path) == 1 else steps\n        steps.append(grad(x))\n"
                "        path.append(x0 - lr * sum(steps[1:], steps[0]))", caught_by="grad reuses its memory"),
    ),
    hints=(
        "A list of points, one longer after each step. Which point does the next step start from?",
        "Every step makes a new array: x -= ... would change the row that is already in the path, and x0 with it.",
        "path = [x0]; n times: x = path[-1], path.append(x - lr * grad(x)); at the end stack the list into an array (n + 1, d).",
    ),
)  # fmt: skip
