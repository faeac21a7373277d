"""Softmax, log-softmax, log-sum-exp and the backward of softmax: what an answer must do, and what it costs.

Sources: Bridle 1990, https://doi.org/10.1007/978-3-642-76153-9_28; the error analysis of the shifted forms is in
Blanchard, Higham and Higham 2021, https://doi.org/10.1093/imanum/draa038

Sizes: x is (b, m, n), (m, n) or (n,): b and m are left out where None.
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Hidden, Mistake, Part, Policy, Timing, case, holds


def softmax(x, axis=-1, temperature=1.0):
    """Oracle: weights of each row, in float64; a row of -inf gives nan."""
    weights = np.exp((x - x.max(axis=axis, keepdims=True)) / temperature)
    return weights / weights.sum(axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    """Oracle: the logarithm, without passing through numbers that underflow."""
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def logsumexp(x, axis=-1):
    """Oracle: one number a row; -inf for a row of -inf."""
    top = x.max(axis=axis)
    total = np.exp(x - np.expand_dims(top, axis)).sum(axis=axis)
    return np.where(np.isneginf(top), -np.inf, top + np.log(total))


def softmax_backward(dy, y):
    """Oracle: dx_i = sum_j dy_j * dy_j/dx_i with dy_j/dx_i = y_j (delta_ij - y_i), on the last axis."""
    return dy * y - y * np.einsum("...j,...j->...", dy, y)[..., None]


def zero_for_an_empty_row(x, axis=-1, temperature=1.0):
    """The convention of attention kernels: a row of nothing but -inf gives zeros."""
    return np.where(np.isneginf(x.max(axis=axis, keepdims=True)), 0.0, softmax(x, axis, temperature))


# --- inputs ---------------------------------------------------------------------------------------------------


def scores(rng, b=None, m=4, n=7, spread=1.0, shift=0.0, kind="normal"):
    """Random scores of the given sizes. `kind` says what is special about them."""
    x = shift + spread * rng.standard_normal([size for size in (b, m, n) if size is not None])
    if kind == "sixteenths":  # exact in float32, and still exact after adding 1024
        x = np.round(16 * x) / 16
    if kind == "one row far up" and len(x):
        x[0] += 10_000.0
    if kind == "one row wide" and len(x):
        x[0] = np.linspace(-5_000.0, 5_000.0, x[0].size).reshape(x[0].shape)
    if kind == "some -inf":
        x[..., 1::3] = -np.inf
    if kind == "a row of -inf":
        x[-1:] = -np.inf
    return x


def inputs(rng, axis=None, temperature=None, **sizes):
    """Scores, and the options that a case asks for; an option left out tests the default."""
    options = {"axis": axis, "temperature": temperature}
    return {"x": scores(rng, **sizes)} | {name: value for name, value in options.items() if value is not None}


def backward_inputs(rng, **sizes):
    x = scores(rng, **sizes)
    return {"dy": rng.uniform(-2.0, 2.0, x.shape), "y": softmax(x), "x": Hidden(x)}


ORDINARY = (
    case("matrix"),
    case("vector", m=None, n=5, why="without rows there is still a last axis"),
    case("one entry", n=1, why="a row of one entry has weight 1"),
    case("three axes", b=2, m=3, n=5),
)
AXES = (
    case("down the columns", m=5, n=3, axis=0, why="every column is a distribution, not every row"),
    case("middle axis", b=2, m=5, n=3, axis=1),
    case("axis counted from the back", b=2, m=5, n=3, axis=-3),
)
EDGES = (
    case("scores near 10,000", shift=10_000.0, mark="robust", why="exp overflows float32 past 88, float64 past 709"),
    case("scores near -10,000", shift=-10_000.0, mark="robust", why="every exp underflows: 0/0 unless shifted"),
    case("one row far above the others", kind="one row far up", mark="robust", why="each row needs its own maximum"),
    case(
        "one row from -5,000 to 5,000", kind="one row wide", mark="robust", why="small terms vanish, nothing else may"
    ),
    case("some entries -inf", kind="some -inf", n=8, mark="robust", why="what is masked has weight 0"),
    case(
        "a row of -inf", kind="a row of -inf", mark="robust", why="no weights exist: nan, and logsumexp is log 0 = -inf"
    ),
    case("no rows", m=0, mark="robust", why="an empty batch comes back empty"),
    case("long rows", m=3, n=4099, mark="robust", why="a sum of 4,099 terms"),
)
TEMPERATURES = (
    case("temperature 1/2", temperature=0.5, why="sharper than temperature 1"),
    case("temperature 3", temperature=3.0, why="flatter than temperature 1"),
    # 1e-37 is near the smallest float32 (1.2e-38), and 300 / 1e-37 is beyond the largest (3.4e38)
    case("nearly zero temperature", temperature=1e-37, shift=300.0, mark="robust", why="the largest score takes all"),
)
BACKWARD = (
    *ORDINARY,
    case("peaked rows", m=4, n=9, spread=2.0, why="a few weights hold nearly everything"),
    case("long rows", m=3, n=1031, mark="robust"),
    case("no rows", m=0, mark="robust", why="an empty batch comes back empty"),
)


# --- properties -----------------------------------------------------------------------------------------------


def adding_a_constant_changes_nothing(answer, x, check):
    """Adding the same number to all scores of a row changes no weight."""
    check.close(answer(x=x["x"] + 1024), answer(**x), "after adding 1024 to every score")


def weights_sum_to_one(answer, x, check):
    """The weights along the axis are not negative and sum to one."""
    weights = answer(**x)
    check.true((weights >= 0).all(), "a weight is negative")
    check.close(weights.sum(axis=x["axis"]), np.ones(x["x"].sum(axis=x["axis"]).shape), "the sums of the weights")


def any_axis_is_the_last_after_moving_it(answer, x, check):
    """Working along an axis is the same as moving that axis to the end, working there, and moving it back."""
    for axis in (0, 1, -2):
        moved = np.ascontiguousarray(np.moveaxis(x["x"], axis, -1))
        check.close(answer(x=x["x"], axis=axis), np.moveaxis(answer(x=moved), -1, axis), f"along axis {axis}")


def exponentials_sum_to_one(answer, x, check):
    """The exponentials of log_softmax sum to one in every row."""
    check.close(np.exp(answer(**x)).sum(axis=-1), np.ones(x["x"].shape[:-1]), "the sums of exp(log_softmax(x))")


def logarithms_move_with_nothing(answer, x, check):
    """Adding the same number to all scores of a row changes no logarithm of a weight."""
    check.close(answer(x=x["x"] + 1024), answer(**x), "after adding 1024 to every score")


def logsumexp_moves_with_the_scores(answer, x, check):
    """Adding 1024 to all scores of a row adds 1024 to its logsumexp."""
    check.close(answer(x=x["x"] + 1024), answer(**x) + 1024, "after adding 1024 to every score")


def logsumexp_lies_just_above_the_maximum(answer, x, check):
    """logsumexp is at least the largest score and at most log(n) more."""
    above, log_n = answer(**x) - x["x"].max(axis=-1), np.log(x["x"].shape[-1])
    check.true((above >= -1e-5).all() and (above <= log_n + 1e-5).all(), "it is not between max and max + log(n)")


def the_gradient_sums_to_zero(answer, x, check):
    """Weights always sum to one, so the gradient of each row sums to zero."""
    bound = 64 * np.finfo(check.dtype).eps * np.abs(x["dy"]).max(initial=0)
    check.true((np.abs(answer(**x).sum(axis=-1)) <= bound).all(), "a row of dx does not sum to zero")


def the_gradient_is_linear_in_dy(answer, x, check):
    """Doubling dy doubles the gradient."""
    check.close(answer(dy=2 * x["dy"], y=x["y"]), 2 * answer(**x), "the gradient for 2 dy")


# --- speed ----------------------------------------------------------------------------------------------------


def cost(itemsize, m, n):
    """Five operations an entry (compare, subtract, exp, add, divide), counting exp as one; x read and y written once."""
    return Cost(flops=5 * m * n, bytes_moved=2 * itemsize * m * n)


def reduction_cost(itemsize, m, n):
    return Cost(flops=4 * m * n, bytes_moved=itemsize * (m * n + m))


def backward_cost(itemsize, m, n):
    return Cost(flops=4 * m * n, bytes_moved=3 * itemsize * m * n)


FASTEST = {
    "numpy": "vectorized.py",
    "torch": "with_torch.py",
    "cupy": "with_array_api.py",
    "triton": "triton_kernel.py",
}
SQUARE = case("1024 rows of 1024", m=1024, n=1024)


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "softmax",
            inputs,
            (*ORDINARY, *AXES, *TEMPERATURES, *EDGES),
            oracle=softmax,
            properties=(
                holds(adding_a_constant_changes_nothing, kind="sixteenths"),
                holds(weights_sum_to_one, b=2, m=3, n=5, axis=1),
                holds(any_axis_is_the_last_after_moving_it, b=3, m=4, n=5),
            ),
            conventions=(Convention("a row of -inf gives zeros", zero_for_an_empty_row),),
        ),
        Part(
            "log_softmax",
            inputs,
            (*ORDINARY, *AXES, *EDGES),
            oracle=log_softmax,
            properties=(exponentials_sum_to_one, holds(logarithms_move_with_nothing, kind="sixteenths")),
        ),
        Part(
            "logsumexp",
            inputs,
            (*ORDINARY, *AXES, *EDGES),
            oracle=logsumexp,
            properties=(holds(logsumexp_moves_with_the_scores, kind="sixteenths"), logsumexp_lies_just_above_the_maximum),
        ),
        Part(
            "softmax_backward",
            backward_inputs,
            BACKWARD,
            oracle=softmax_backward,
            gradient_of="softmax",
            wrt=("x",),
            properties=(the_gradient_sums_to_zero, the_gradient_is_linear_in_dy),
        ),
    ),
    timings=(
        Timing(
            SQUARE,
            cost,
            part="softmax",
            scaling="n",
            yardstick=FASTEST,
            library={"numpy": "scipy.special.softmax(x, axis=-1)", "torch": "torch.softmax(x, dim=-1)"},
        ),
        Timing(
            SQUARE,
            reduction_cost,
            part="logsumexp",
            yardstick=FASTEST,
            library={"numpy": "scipy.special.logsumexp(x, axis=-1)", "torch": "torch.logsumexp(x, dim=-1)"},
        ),
        Timing(SQUARE, backward_cost, part="softmax_backward", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@nn", "@autograd", "scipy.special", "torch.special", "torch.softmax", "torch.log_softmax", "torch.logsumexp",
            "torch.Tensor.softmax", "torch.Tensor.log_softmax", "torch.Tensor.logsumexp", "triton.language.softmax", "cupyx.scipy.special",
        ),
        earns=(
            "torch.softmax", "torch.log_softmax", "torch.logsumexp", "torch.nn.functional.softmax",
            "torch.nn.functional.log_softmax", "scipy.special.softmax", "scipy.special.log_softmax", "scipy.special.logsumexp",
        ),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake(
            "no maximum subtracted",
            "np.exp((x - x.max(axis=axis, keepdims=True)) / temperature)",
            "np.exp(x / temperature)",
            caught_by="softmax/scores near 10,000",
        ),
        Mistake(
            "one maximum for all rows",
            "np.exp((x - x.max(axis=axis, keepdims=True)) / temperature)",
            "np.exp((x - x.max()) / temperature)",
            caught_by="softmax/one row far above the others",
        ),
        Mistake(
            "divided by the temperature before the shift",
            "np.exp((x - x.max(axis=axis, keepdims=True)) / temperature)",
            "np.exp(x / temperature - (x / temperature).max(axis=axis, keepdims=True))",
            caught_by="softmax/nearly zero temperature",
        ),
        Mistake("temperature multiplies", "/ temperature", "* temperature", caught_by="softmax/temperature 1/2"),
        Mistake("temperature is ignored", " / temperature)", ")", caught_by="softmax/temperature 3"),
        Mistake(
            "sums over the last axis whatever axis says",  # a bug that the tests of cs336's first assignment let through
            "weights / weights.sum(axis=axis, keepdims=True)",
            "weights / weights.sum(axis=-1, keepdims=True)",
            caught_by="softmax/down the columns",
        ),
        Mistake(
            "1e-6 in the denominator",  # likewise
            "weights / weights.sum(axis=axis, keepdims=True)",
            "weights / (weights.sum(axis=axis, keepdims=True) + 1e-6)",
            caught_by="softmax/matrix",
        ),
        Mistake(
            "sums over everything",
            "weights / weights.sum(axis=axis, keepdims=True)",
            "weights / weights.sum()",
            caught_by="softmax/matrix",
        ),
        Mistake(
            "a row of -inf gives zeros",
            "weights / weights.sum(axis=axis, keepdims=True)",
            "np.nan_to_num(weights / weights.sum(axis=axis, keepdims=True))",
            caught_by="softmax/a row of -inf",
        ),
        Mistake(
            "log of softmax",
            "return shifted - normaliser",
            "return np.log(softmax(x, axis))",
            caught_by="log_softmax/one row from -5,000 to 5,000",
        ),
        Mistake(
            "a clipped log of softmax",
            "return shifted - normaliser",
            "return np.log(softmax(x, axis) + 1e-12)",
            caught_by="log_softmax/one row from -5,000 to 5,000",
        ),
        Mistake(  # torch before issue 11752, mlx before its pull request 4169
            "normaliser added to the maximum, so it rounds away",
            "return shifted - normaliser",
            "return x - (x.max(axis=axis, keepdims=True) + normaliser)",
            caught_by="log_softmax/scores near 10,000",
        ),
        Mistake(
            "log_softmax ignores the axis",
            "    normaliser = np.log(",
            "    shifted, axis = x - x.max(axis=-1, keepdims=True), -1\n    normaliser = np.log(",
            caught_by="log_softmax/down the columns",
        ),
        Mistake("the maximum is not added back", " + anchor.squeeze(axis)", "", caught_by="logsumexp/matrix"),
        Mistake("the axis stays", "np.exp(x - anchor).sum(axis=axis)", "np.exp(x - anchor).sum(axis=axis, keepdims=True)", caught_by="logsumexp/matrix"),
        Mistake("minus infinity less minus infinity", "np.where(np.isfinite(top), top, 0)", "top", caught_by="logsumexp/a row of -inf"),
        Mistake("logsumexp without the shift", "np.where(np.isfinite(top), top, 0)", "np.zeros_like(top)", caught_by="logsumexp/scores near 10,000"),
        Mistake("the diagonal of the Jacobian only", "y * (dy - mean)", "y * (1 - y) * dy", caught_by="softmax_backward/matrix"),
        Mistake("backward forgets the mean", "y * (dy - mean)", "y * dy", caught_by="softmax_backward/the gradient sums to zero"),
        Mistake("backward takes a plain mean", "(dy * y).sum(axis=-1, keepdims=True)", "dy.mean(axis=-1, keepdims=True)", caught_by="softmax_backward/matrix"),
        Mistake("backward sums over all rows", "(dy * y).sum(axis=-1, keepdims=True)", "(dy * y).sum()", caught_by="softmax_backward/matrix"),
    ),
    equivalent=(
        Equivalent(
            "logsumexp",
            "anchor = np.where(np.isfinite(top), top, 0)",
            "anchor = np.where(np.isfinite(top), top, 1)",
            "any finite anchor will do in a row of -inf: log(0) + anchor is -inf",
        ),
    ),
    hints=(
        "Weights do not change when the same number is added to all scores of a row. Which number keeps every exp at 1 or below?",
        "Shift each row by its own maximum, keeping the axis (keepdims) so that it broadcasts back; take logarithms of the sum, "
        "not of the weights. For the backward, write the Jacobian y_i (delta_ij - y_j) and multiply it by dy before coding anything.",
        "z = x - max(x); softmax is exp(z/T) / sum exp(z/T); log_softmax is z - log(sum exp(z)); logsumexp is max + log(sum exp(z)), with 0 "
        "in the place of a maximum of -inf. The backward is y * (dy - sum(dy * y)), the sum over the last axis.",
    ),
)  # fmt: skip
