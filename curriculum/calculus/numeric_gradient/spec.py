"""Numerical gradients and a gradient checker: what an answer must do.

The functions are made by drive.py from names and coefficients; here are their closed gradients. Where h is given, the
right answer is the central difference itself, error and all; where not, it is the gradient, to TOLERANCE. Elements lie
between 0.4 and 2 times the scale of f, so that a step in proportion to |x| suits f, and f's terms are few, so that
rounding, about eps |f| / h, stays near 1e-8.

Sources: Dennis and Schnabel 1996, 5.4 and 5.6, https://doi.org/10.1137/1.9781611971200
"""

import numpy as np

from harness.spec import FLOAT, Array, Equivalent, Exercise, Mistake, Part, Plain, Policy, Tolerance, case, holds

TOLERANCE = 1e-6


def value(function, x, c=None, size=None):
    """f(x), in float64."""
    if function == "cubes":
        return np.sum(c * x**3)
    if function == "product":
        return np.prod(x)
    if function == "waves":
        return np.sum(c * size * np.sin(x / size))
    if function == "logarithms":
        return np.sum(c * np.log(x))
    return np.sum(np.tanh(c @ x.ravel()))


def gradient(function, x, c=None, size=None):
    """The derivative of value() by every element of x."""
    if function == "cubes":
        return 3 * c * x**2
    if function == "product":
        return np.array([np.prod(np.delete(x.ravel(), i)) for i in range(x.size)]).reshape(x.shape)
    if function == "waves":
        return c * np.cos(x / size)
    if function == "logarithms":
        return c / x
    return ((1 - np.tanh(c @ x.ravel()) ** 2) @ c).reshape(x.shape)


def numeric_grad(function, x, c=None, size=None, gain=1.0, h=None):
    """Oracle: the gradient; with h the central difference, element by element."""
    if h is None:
        return gain * gradient(function, x, c, size)
    result = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        result[i] = (value(function, x + step, c, size) - value(function, x - step, c, size)) / (2 * h)
    return gain * result


def verify_error(inputs, outputs, check):
    """The error that was planted, to one part in a hundred; less than TOLERANCE where none was."""
    planted = inputs.get("planted")
    if planted is None:
        check.true(0 <= outputs <= TOLERANCE, f"g is right, and the error is given as {outputs:.3g}")
        return
    factor = planted[1]
    if np.isnan(factor):
        check.true(np.isnan(outputs), f"g gives a nan, and the error is given as {outputs:.3g}")
        return
    want = abs(factor - 1) / max(abs(factor), 1)
    if abs(factor - 1) < 0.1:
        check.true(
            abs(outputs - want / 2) > 0.01 * want,
            f"{outputs:.4g} is |a - n| / (|a| + |n|); asked is max(|a|, |n|) below",
        )
    check.true(
        abs(outputs - want) <= 0.01 * want,
        f"one element of g is {factor:.6g} times as large as it should be: the error is {want:.4g}, not {outputs:.4g}",
    )


# --- inputs -----------------------------------------------------------------------------------------------------


def inputs(rng, function="waves", shape=(4,), scale=1.0, kind=None, off=None, **options):
    """x with elements of 0.4 to 1 times `scale` (0.5 to 2 for cubes and networks), of both signs where f allows.

    off: (flat index, relative error) plants about that error in g, planted: (index, factor) exactly that factor.
    """
    low, high = (0.4, 1.0) if function in ("waves", "logarithms") else (0.5, 2.0)
    sizes = np.full(shape, scale)
    if kind == "mixed sizes":
        sizes = np.geomspace(0.02, 50.0, int(np.prod(shape))).reshape(shape)
    x = sizes * rng.uniform(low, high, shape)
    if function != "logarithms":
        x = x * rng.choice([-1.0, 1.0], shape)
    if kind == "zeros":
        x = np.where(np.arange(x.size).reshape(shape) % 2, x, 0.0)
    drawn = {"function": function, "x": x}
    if function == "network":
        drawn["c"] = rng.standard_normal((3, x.size)) / max(x.size, 1) ** 0.5
    elif function != "product":
        drawn["c"] = rng.uniform(1.0, 2.0, shape)
    if kind == "no influence":
        drawn["c"] = np.where(np.arange(x.size).reshape(shape) == 1, 0.0, drawn["c"])
    if function == "waves":
        drawn["size"] = sizes
    if off is not None:
        drawn["planted"] = (off[0], 1 + off[1] * rng.uniform(0.5, 2.0))
    return {**drawn, **options}


def like_x(function, x, **_):
    return Array(FLOAT, x.shape)


GRADIENT_CASES = (
    case("vector", shape=(5,)),
    case("one number", shape=(), why="shape () has one element, and its index is ()"),
    case("one element", shape=(1,)),
    case("matrix", function="network", shape=(3, 4), why="all elements are mixed with each other"),
    case("three axes", function="network", shape=(2, 3, 4), why="every axis is visited"),
    case("product", function="product", shape=(4,), why="each derivative depends on all other elements"),
    case("a given step", function="waves", shape=(5,), h=0.25,
         why="the central difference of that step, error and all"),
    case("a given step, three axes", function="network", shape=(2, 3, 2), h=0.5),
    case("a given step, cubes", function="cubes", shape=(3,), h=0.5, why="3 x**2 + h**2"),
    case("very large numbers", shape=(4,), scale=1e8, mark="robust", why="near 1e8 a step of 1e-5 drowns in rounding"),
    case("very small numbers", shape=(4,), scale=1e-8, mark="robust",
         why="near 1e-8 a step of 1e-5 leaves the picture"),
    case("mixed sizes", shape=(5,), kind="mixed sizes", mark="robust", why="each element has its own step"),
    case("near the edge of the domain", function="logarithms", scale=1e-7, mark="robust",
         why="a long step meets log(-x)"),
    case("zeros", shape=(6,), kind="zeros", mark="robust", why="a step in proportion to 0 is none"),
    case("tiny gradients", shape=(4,), gain=1e-12, mark="robust",
         why="small values of f are no reason for small steps"),
    case("no elements", shape=(0, 3), mark="robust", why="an empty array has an empty gradient"),
)  # fmt: skip
CHECK_CASES = (
    case("a right gradient", shape=(5,), why="the error is below 1e-6"),
    case("a right gradient, three axes", shape=(2, 3, 4)),
    case("one element off by 1e-4", shape=(6,), off=(2, 1e-4), why="the largest error counts, not the mean"),
    case("the last element off by 1e-4", shape=(2, 3, 4), off=(23, 1e-4)),
    case("one number", shape=(), off=(0, 1e-3)),
    case("far too large", shape=(4,), gain=-1.0, off=(1, 8.0), why="relative to the larger of both sizes: below 1"),
    case("a tenth", shape=(4,), gain=-1.0, planted=(1, 0.1), why="9/10: relative to the larger of both sizes"),
    case("wrong sign", shape=(4,), planted=(3, -1.0), why="a = -n: the error is 2"),
    case("forgotten", shape=(4,), planted=(0, 0.0), why="a = 0 where n is not: the error is 1"),
    case("an element without influence", shape=(4,), kind="no influence", mark="robust", why="0 against 0 is no error"),
    case("tiny gradients", shape=(4,), gain=1e-12, off=(1, 1e-3), mark="robust",
         why="an error relative to 1e-12 is an error; 1e-8 in the denominator would hide it"),
    case("small numbers", shape=(4,), scale=1e-8, off=(1, 1e-3), mark="robust"),
    case("nan", shape=(4,), planted=(1, float("nan")), mark="robust", why="a gradient of nan is not right"),
    case("another shape", shape=(3,), column=True, raises=("ValueError",), mark="robust",
         why="(3, 1) and (3,) broadcast to (3, 3) without a word"),
    case("no elements", shape=(0, 3), mark="robust", why="nothing is wrong with nothing"),
)  # fmt: skip


# --- properties -------------------------------------------------------------------------------------------------


def half_the_step_has_a_quarter_of_the_error(answer, x, check):
    """Halving the step divides the error by four."""
    truth = gradient("waves", x["x"], x["c"], x["size"])
    errors = [np.abs(answer(**x, h=h) - truth) for h in (0.2, 0.1)]
    check.true(np.abs(errors[0] - 4 * errors[1]) <= 0.02 * errors[0], "the error is not a quarter as large")


def the_gradient_of_minus_f_is_minus_the_gradient(answer, x, check):
    """The gradient of -3 f is -3 times the gradient of f."""
    once, more = answer(**x, h=0.125), answer(**x, h=0.125, gain=-3.0)
    check.true(np.abs(more + 3 * once) <= 1e-9 * np.abs(once).max(), "the gradient of -3 f differs")


FORWARD = ("difference = f(moved(x, index, here + step)) - f(moved(x, index, here - step))\n"
           "        gradient[index] = difference / (2 * step)")  # fmt: skip
STEP = "h if h is not None else RELATIVE_STEP * (abs(here) or 1.0)"
MAXIMUM = "xp.maximum(xp.abs(given), xp.abs(numeric))"

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "numeric_grad", inputs, GRADIENT_CASES, oracle=numeric_grad, outputs=like_x, dtypes=("float64",),
            tolerance=Tolerance(TOLERANCE, "the best step leaves about eps**(2/3) = 4e-11, and other steps are sound "
                                           "too"),
            properties=(
                holds(half_the_step_has_a_quarter_of_the_error, shape=(3,)),
                holds(the_gradient_of_minus_f_is_minus_the_gradient, shape=(2, 2)),
            ),
        ),
        Part("check_grad", inputs, CHECK_CASES, verify=verify_error, outputs=Plain(float), dtypes=("float64",)),
    ),
    policy=Policy(banned=("base", "@autograd", "numdifftools"), backends=("numpy", "torch")),
    mistakes=(
        Mistake("forward difference", FORWARD, "gradient[index] = (f(moved(x, index, here + step)) - f(x)) / step",
                caught_by="half the step has a quarter of the error"),
        Mistake("divided by one step", "/ (2 * step)", "/ step", caught_by="numeric_grad/vector"),
        Mistake("not divided", "difference / (2 * step)", "difference", caught_by="numeric_grad/vector"),
        Mistake("the sign of the difference", "difference / (2 * step)", "-difference / (2 * step)",
                caught_by="numeric_grad/vector"),
        Mistake("a fixed step of 1e-12", STEP, "h if h is not None else 1e-12", caught_by="numeric_grad/vector"),
        Mistake("a fixed step of 1e-5", STEP, "h if h is not None else 1e-5",
                caught_by="numeric_grad/very small numbers"),
        Mistake("a step that never shrinks", "(abs(here) or 1.0)", "max(abs(here), 1.0)",
                caught_by="numeric_grad/near the edge of the domain"),
        Mistake("one step for all, from the largest element", "(abs(here) or 1.0)", "float(abs(x).max())",
                caught_by="numeric_grad/mixed sizes"),
        Mistake("a step of 0 at 0", "(abs(here) or 1.0)", "abs(here)", caught_by="numeric_grad/zeros"),
        Mistake("the step of a forward difference", "eps ** (1 / 3)", "eps", caught_by="numeric_grad/vector"),
        Mistake("the given step is ignored", STEP, "RELATIVE_STEP * (abs(here) or 1.0)",
                caught_by="numeric_grad/a given step"),
        Mistake("the given step is taken as relative", STEP, "(RELATIVE_STEP if h is None else h) * (abs(here) or 1.0)",
                caught_by="numeric_grad/a given step"),
        Mistake("only the first axis is visited", "np.ndindex(*x.shape)", "np.ndindex(*x.shape[:1])",
                caught_by="numeric_grad/three axes"),
        Mistake("only the first element of the last axis", "np.ndindex(*x.shape)", "np.ndindex(*x.shape[:-1], 1)",
                caught_by="numeric_grad/three axes"),
        Mistake("x is moved and not put back", "copy = array_namespace(x).asarray(x, copy=True)", "copy = x",
                caught_by="numeric_grad/vector"),
        Mistake("x is put back by arithmetic", FORWARD,
                "x[index] += step\n        upper = f(x)\n        x[index] -= 2 * step\n        lower = f(x)\n"
                "        x[index] += step\n        gradient[index] = (upper - lower) / (2 * step)",
                caught_by="numeric_grad/three axes"),
        Mistake("f is called three times an element", "difference = f", "f(x)\n        difference = f",
                caught_by="numeric_grad/vector"),
        Mistake("all elements are moved at once", "copy[index] = to", "copy += to - float(x[index])",
                caught_by="numeric_grad/product"),
        Mistake("the mean of the errors", "xp.max(errors)", "xp.mean(errors)", caught_by="one element off by 1e-4"),
        Mistake("absolute errors", " / xp.where(size == 0, xp.ones_like(size), size)", "",
                caught_by="check_grad/far too large"),
        Mistake("relative to the numeric gradient", MAXIMUM, "xp.abs(numeric)", caught_by="check_grad/far too large"),
        Mistake("relative to the given gradient", MAXIMUM, "xp.abs(given)", caught_by="check_grad/a tenth"),
        Mistake("relative to the sum", MAXIMUM, "xp.abs(given) + xp.abs(numeric)", caught_by="one element off by 1e-4"),
        Mistake("1e-8 in the denominator", "xp.where(size == 0, xp.ones_like(size), size)", "(size + 1e-8)",
                caught_by="check_grad/tiny gradients"),
        Mistake("0 / 0", "xp.where(size == 0, xp.ones_like(size), size)", "size",
                caught_by="an element without influence"),
        Mistake("nan counts as no error", "float(xp.max(errors))",
                "max(0.0, *xp.where(errors > 0, errors, 0 * size).reshape(-1))",
                caught_by="check_grad/nan"),
        Mistake("sizes are compared, without signs", "xp.abs(given - numeric)",
                "xp.abs(xp.abs(given) - xp.abs(numeric))",
                caught_by="check_grad/wrong sign"),
        Mistake("shapes are broadcast", "given.shape != x.shape", "False", caught_by="check_grad/another shape"),
        Mistake("the largest error over the sum of all sizes", "xp.where(size == 0, xp.ones_like(size), size)",
                "(xp.sum(size) or 1.0)", caught_by="one element off by 1e-4"),
    ),
    equivalent=(
        Equivalent("", "RELATIVE_STEP = np.finfo(np.float64).eps ** (1 / 3)",
                   "RELATIVE_STEP = np.finfo(np.float64).eps ** (1 / 4)",
                   "a sound step too, with an error near 1e-8"),
        Equivalent("numeric_grad", "step = h if h is not None else RELATIVE_STEP * (abs(here) or 1.0)",
                   "step = h if h is not None else RELATIVE_STEP * (here or 1.0)",
                   "a central difference is the same for h and -h"),
        Equivalent("numeric_grad", "step = h if h is not None else RELATIVE_STEP * (abs(here) or 1.0)",
                   "step = h if h is not None else RELATIVE_STEP * (abs(here) or 2.0)",
                   "at 0 any step of that order is right"),
    ),
    hints=(
        "A function of a hundred numbers has a hundred partial derivatives, and each needs two values of f. What of x "
        "may differ "
        "between the two, and by how much?",
        "A long step sees the curvature (error of order h**2), a short one sees rounding (eps |f| / h). Where are the "
        "two alike? "
        "Think of x = 1e8, 1e-8 and 0. Assign elements back; do not add the step again.",
        "For index in np.ndindex(x.shape): step = h or eps**(1/3) * (abs(x_i) or 1); set a copy's element to x_i + "
        "step, then to "
        "x_i - step, and divide the difference by 2 * step. The checker: |a - n| over max(|a|, |n|), 0 where that is "
        "0, the maximum; "
        "compare the shapes first.",
    ),
)  # fmt: skip
