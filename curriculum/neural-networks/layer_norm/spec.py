"""Layer normalization and RMSNorm: what an answer must do, and what it costs.

Sources: Ba, Kiros, Hinton 2016, https://arxiv.org/abs/1607.06450;
Zhang, Sennrich 2019, https://arxiv.org/abs/1910.07467
"""

import numpy as np

from harness.spec import Convention, Cost, Exercise, Hidden, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64 ----------------------------------------------------------------------------------------


def mean(a):
    return a.mean(axis=-1, keepdims=True)


def over_rows(a):
    return a.sum(axis=tuple(range(a.ndim - 1)))


def layer_norm(x, gamma, beta, eps=1e-5):
    """x (..., d), gamma and beta (d,): each row to mean 0 and (biased) variance 1, then scaled and shifted."""
    std = np.sqrt(mean((x - mean(x)) ** 2) + eps)
    return gamma * (x - mean(x)) / std + beta


def layer_norm_backward(dy, x, gamma, eps=1e-5):
    """(dx, dgamma, dbeta). With g = dy gamma, its mean and its component along xhat are what normalizing takes away."""
    std = np.sqrt(mean((x - mean(x)) ** 2) + eps)
    xhat, g = (x - mean(x)) / std, dy * gamma
    dx = (g - mean(g) - xhat * mean(g * xhat)) / std
    return dx, over_rows(dy * xhat), over_rows(dy)


def rms_norm(x, gamma, eps=1e-5):
    """x (..., d), gamma (d,): each row over its root mean square, then scaled."""
    return gamma * x / np.sqrt(mean(x**2) + eps)


def rms_norm_backward(dy, x, gamma, eps=1e-5):
    """(dx, dgamma)."""
    rms = np.sqrt(mean(x**2) + eps)
    xhat, g = x / rms, dy * gamma
    return (g - xhat * mean(g * xhat)) / rms, over_rows(dy * xhat)


# --- other legitimate answers -----------------------------------------------------------------------------------


def with_statistics(ddof, eps_outside):
    """layer_norm with another variance, or with eps added to the standard deviation."""

    def other(x, gamma, beta, eps=1e-5):
        variance = x.var(axis=-1, keepdims=True, ddof=ddof)
        std = np.sqrt(variance) + eps if eps_outside else np.sqrt(variance + eps)
        return gamma * (x - mean(x)) / std + beta

    return other


def rms_eps_outside(x, gamma, eps=1e-5):
    return gamma * x / (np.sqrt(mean(x**2)) + eps)


def rms_zero_centred_gamma(x, gamma, eps=1e-5):
    return rms_norm(x, 1 + gamma, eps)


LAYER_NORM_CONVENTIONS = (
    Convention("unbiased variance: the sum of squares over d - 1; asked is d", with_statistics(1, False)),
    Convention("eps added to the standard deviation, outside the root; asked is inside", with_statistics(0, True)),
    Convention("unbiased standard deviation plus eps, as in The Annotated Transformer", with_statistics(1, True)),
)
RMS_NORM_CONVENTIONS = (
    Convention("eps added to the root mean square, outside the root; asked is inside", rms_eps_outside),
    Convention("gamma stored as its distance from 1, so that 1 + gamma multiplies", rms_zero_centred_gamma),
)


# --- inputs -----------------------------------------------------------------------------------------------------


def rows_of(rng, batch, rows, d, scale, constant):
    """x of shape (batch, rows, d), where None leaves an axis out; `constant` makes all elements of a row one integer."""
    lead = tuple(n for n in (batch, rows) if n is not None)
    if constant:
        return np.repeat(rng.integers(1, 9, (*lead, 1)).astype(float), d, axis=-1)
    return scale * rng.standard_normal((*lead, d))


def forward_inputs(rng, batch=None, rows=4, d=6, scale=1.0, constant=False, eps=None):
    """gamma stays away from 0 and 1, so that leaving it out shows."""
    given = {} if eps is None else {"eps": eps}
    x = rows_of(rng, batch, rows, d, scale, constant)
    return {"x": x, "gamma": rng.uniform(1.5, 3.0, d), "beta": rng.uniform(1.0, 2.0, d), **given}


def rms_inputs(rng, **sizes):
    inputs = forward_inputs(rng, **sizes)
    del inputs["beta"]
    return inputs


def backward_inputs(rng, **sizes):
    """beta is needed by the forward alone, for the check of the oracle by central differences."""
    inputs = forward_inputs(rng, **sizes)
    return {"dy": rng.standard_normal(inputs["x"].shape), **inputs, "beta": Hidden(inputs["beta"])}


def rms_backward_inputs(rng, **sizes):
    inputs = rms_inputs(rng, **sizes)
    return {"dy": rng.standard_normal(inputs["x"].shape), **inputs}


# --- properties -------------------------------------------------------------------------------------------------


def each_row_is_on_its_own(answer, x, check):
    """A row comes out the same alone as among others."""
    together = answer(**x)
    for row, out in zip(x["x"], together, strict=True):
        check.close(answer(**{**x, "x": row}), out, "one row alone")


def shifting_a_row_changes_nothing(answer, x, check):
    """Adding 16 to every element of x changes nothing."""
    grid = np.round(x["x"] * 256) / 256  # then x + 16 is exact in float32, and only the answer rounds
    check.close(answer(**{**x, "x": grid + 16}), answer(**{**x, "x": grid}), "x + 16 against x", slack=4)


def scaling_a_row_changes_nothing(answer, x, check):
    """Multiplying x by 4 and eps by 16 changes nothing."""
    check.close(answer(**{**x, "x": 4 * x["x"], "eps": 16 * x["eps"]}), answer(**x), "4 x against x")


def a_large_mean_does_not_drown_a_small_spread(answer, x, check):
    """Rows of mean 10,000 and spread 0.1 are still told apart (E[x^2] - E[x]^2 cancels; x - mean does not)."""
    # float32 keeps 0.001 at 10,000, so a right answer may be off by some 0.01: hence the slack. Squares of
    # 10,000 are rounded to multiples of 8, so that a difference of squares can give any variance but 0.01.
    far = {**x, "x": 1e4 + x["x"] / 10}
    want = layer_norm(*(np.asarray(far[name], np.float64) for name in ("x", "gamma", "beta")))
    check.close(answer(**far), want, "x of mean 10,000", slack=1e4)


def leading_axes_are_all_rows(answer, x, check):
    """(batch, rows, d) gives the same gradients as (batch * rows, d): gamma's and beta's sum over all rows."""
    flat = {**x, **{name: x[name].reshape(-1, x[name].shape[-1]) for name in ("dy", "x")}}
    for got, want in zip(answer(**x), answer(**flat), strict=True):
        check.close(got.reshape(want.shape), want, "with leading axes")


def gradient_of_a_row_sums_to_zero(answer, x, check):
    """The gradient of a row sums to zero, since adding a constant to the row changes nothing."""
    dx = answer(**x)[0]
    check.close(dx - dx.mean(axis=-1, keepdims=True), dx, "dx without its mean")


def gradient_is_perpendicular_to_its_row(answer, x, check):
    """With eps = 0 the gradient is perpendicular to its row, since stretching the row changes nothing."""
    dx, rows = answer(**{**x, "eps": 0.0})[0], x["x"]
    along = (dx * rows).sum(axis=-1, keepdims=True) / (rows * rows).sum(axis=-1, keepdims=True) * rows
    check.close(dx - along, dx, "dx without its part along x")


# --- cases ------------------------------------------------------------------------------------------------------

FORWARD_CASES = (
    case("four rows"),
    case("batch of sequences", batch=2, rows=3, d=5, why="leading axes only count rows"),
    case("one row", rows=1, d=7),
    case("many columns", rows=3, d=257),
    case("variance below eps", scale=1e-3, why="eps is added to the variance, under the root"),
    case("another eps", eps=0.1),
    case("one vector", rows=None, d=8, mark="robust", why="there may be no leading axes at all"),
    case("no rows", rows=0, mark="robust", why="an empty batch is legal, and gives an empty result"),
    case("one column", d=1, scale=1e-3, mark="robust"),
    case("constant rows", d=8, constant=True, mark="robust", why="the spread is zero; eps keeps 0/0 away"),
    case("huge values", scale=1e15, mark="robust"),
    case("tiny values", scale=1e-15, mark="robust"),
    case(
        "half precision", rows=3, d=64, scale=300.0, dtypes=("float16",), mark="robust",
        why="300 squared is beyond float16: take the statistics in float32",
    ),
)  # fmt: skip
# Layer norm leaves a row of one or two columns (nearly) no gradient but rounding, which nobody can be graded on.
BACKWARD_CASES = (
    case("four rows"),
    case("batch of sequences", batch=2, rows=3, d=5, why="gamma's and beta's gradients sum over all rows"),
    case("one row", rows=1, d=7),
    case("many columns", rows=3, d=257),
    case("many rows", rows=65, d=17),
    case("variance below eps", scale=1e-3),
    case("another eps", eps=0.1),
    case("one vector", rows=None, d=8, mark="robust"),
    case("no rows", rows=0, mark="robust", why="an empty batch has gradients too: zeros"),
    case("constant rows", d=8, constant=True, mark="robust", why="1 / std is 316 here, not infinite"),
    case("huge values", scale=1e12, mark="robust"),
)
ONE_COLUMN = case("one column", rows=1, d=1, scale=1e-3, mark="robust", why="all that is left is eps's doing")
EPS = {"eps": 1e-5}


def forward_cost(itemsize, rows, d, **_):
    return Cost(flops=8 * rows * d, bytes_moved=2 * itemsize * rows * d)


def backward_cost(itemsize, rows, d, **_):
    return Cost(flops=14 * rows * d, bytes_moved=3 * itemsize * rows * d)


def timing(part, cost, library):
    return Timing(
        case("4096 rows of 768", rows=4096, d=768, why="four sequences of 1,024 tokens in a small GPT"),
        cost,
        part=part,
        scaling="rows",
        yardstick={"numpy": "blocked.py", "torch": "with_torch.py", "triton": "triton_kernel.py"},
        library=library,
    )


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "layer_norm", forward_inputs, FORWARD_CASES, layer_norm,
            conventions=LAYER_NORM_CONVENTIONS,
            properties=(
                holds(each_row_is_on_its_own, d=9),
                holds(shifting_a_row_changes_nothing, d=33),
                holds(scaling_a_row_changes_nothing, d=9, **EPS),
                holds(a_large_mean_does_not_drown_a_small_spread, d=16),
            ),
        ),
        Part(
            "layer_norm_backward", backward_inputs, BACKWARD_CASES, layer_norm_backward,
            gradient_of="layer_norm", wrt=("x", "gamma", "beta"),
            properties=(
                holds(leading_axes_are_all_rows, batch=3, rows=4, d=7),
                holds(gradient_of_a_row_sums_to_zero, d=9),
            ),
        ),
        Part(
            "rms_norm", rms_inputs, FORWARD_CASES, rms_norm,
            conventions=RMS_NORM_CONVENTIONS,
            properties=(
                holds(each_row_is_on_its_own, d=9),
                holds(scaling_a_row_changes_nothing, d=9, **EPS),
            ),
        ),
        Part(
            "rms_norm_backward", rms_backward_inputs, (*BACKWARD_CASES, ONE_COLUMN), rms_norm_backward,
            gradient_of="rms_norm", wrt=("x", "gamma"),
            properties=(
                holds(leading_axes_are_all_rows, batch=3, rows=4, d=7),
                holds(gradient_is_perpendicular_to_its_row, d=9),
            ),
        ),
    ),
    timings=(
        timing("layer_norm", forward_cost, {"torch": "torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta)"}),
        timing("layer_norm_backward", backward_cost, {}),
        timing("rms_norm", forward_cost, {"torch": "torch.nn.functional.rms_norm(x, gamma.shape, gamma, 1e-5)"}),
        timing("rms_norm_backward", backward_cost, {}),
    ),
    policy=Policy(
        banned=(
            "base", "@nn", "@autograd",
            "torch.layer_norm", "torch.native_layer_norm", "torch.rms_norm", "torch.batch_norm", "torch.native_batch_norm",
            "torch.group_norm", "torch.instance_norm", "torch.ops",
        ),
        earns=(
            "torch.nn.LayerNorm", "torch.nn.RMSNorm", "torch.nn.functional.layer_norm", "torch.nn.functional.rms_norm",
        ),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake(
            "divides the squares by d - 1", "_mean(centred**2)", "_mean(centred**2) * x.shape[-1] / (x.shape[-1] - 1)",
            caught_by="layer_norm/four rows",
        ),
        Mistake(
            "normalizes over the batch", "axis=-1, keepdims=True", "axis=0, keepdims=True",
            caught_by="layer_norm/four rows",
        ),
        Mistake(
            "variance as E[x^2] - E[x]^2", "_mean(centred**2)", "_mean(_wide(x) ** 2) - _mean(_wide(x)) ** 2",
            caught_by="a large mean does not drown a small spread",
        ),
        Mistake(
            "eps outside the root", "1 / (variance + eps) ** 0.5", "1 / (variance**0.5 + eps)",
            caught_by="layer_norm/variance below eps",
        ),
        Mistake(
            "The Annotated Transformer's: unbiased standard deviation plus eps", "1 / (variance + eps) ** 0.5",
            "1 / ((variance * x.shape[-1] / (x.shape[-1] - 1)) ** 0.5 + eps)", caught_by="layer_norm/four rows",
        ),
        Mistake("no eps", "1 / (variance + eps) ** 0.5", "1 / variance**0.5", caught_by="layer_norm/constant rows"),
        Mistake(
            "ignores the eps it is given", "(variance + eps)", "(variance + 1e-5)",
            caught_by="layer_norm/another eps",
        ),
        Mistake(
            "gamma multiplies beta too", "gamma * xhat + beta", "gamma * (xhat + beta)",
            caught_by="layer_norm/four rows",
        ),
        Mistake(
            "statistics in half precision", "xp.astype(a, xp.result_type(a, xp.float32), copy=False)", "a",
            caught_by="layer_norm/half precision",
        ),
        Mistake(
            "mean and variance taken for constants in the backward",
            "inv_std * (dxhat - _mean(dxhat) - xhat * _mean(dxhat * xhat))", "inv_std * dxhat",
            caught_by="layer_norm_backward/four rows",
        ),
        Mistake(
            "the mean's gradient is forgotten", "dxhat - _mean(dxhat) -", "dxhat -",
            caught_by="gradient of a row sums to zero",
        ),
        Mistake(
            "the variance's gradient is forgotten", " - xhat * _mean(dxhat * xhat)", "",
            caught_by="layer_norm_backward/four rows",
        ),
        Mistake(
            "gamma left out of dx", "dxhat = dy * gamma", "dxhat = dy", caught_by="layer_norm_backward/four rows",
        ),
        Mistake(
            "sums over the first axis only", "xp.reshape(a, (-1, a.shape[-1]))", "a",
            caught_by="layer_norm_backward/batch of sequences",
        ),
        Mistake(
            "RMSNorm subtracts the mean", "    x = _wide(x)\n    inv_rms",
            "    x = _wide(x) - _mean(_wide(x))\n    inv_rms",
            caught_by="rms_norm/four rows",
        ),
        Mistake(
            "divides by the sum of squares", "(_mean(x**2) + eps)", "(_mean(x**2) * x.shape[-1] + eps)",
            caught_by="rms_norm/four rows",
        ),
        Mistake("RMSNorm without eps", "(_mean(x**2) + eps)", "_mean(x**2)", caught_by="rms_norm/variance below eps"),
        Mistake(
            "RMSNorm's root mean square taken for a constant", "inv_rms * (g - xhat * _mean(g * xhat))", "inv_rms * g",
            caught_by="gradient is perpendicular to its row",
        ),
        Mistake(
            "layer norm's gradient for RMSNorm", "(g - xhat * _mean", "(g - _mean(g) - xhat * _mean",
            caught_by="rms_norm_backward/four rows",
        ),
    ),
    hints=(
        "Which axis do the statistics belong to? They have the shape of x with its last axis shortened to 1 (keepdims).",
        "Write both forwards as xhat = (x - mean) * inv and xhat = x * inv, with inv = 1 / sqrt(... + eps). For the "
        "backward call g = dy * gamma, and ask what one element of x does to the mean, to inv, and so to all of its row.",
        "Normalizing removes two directions of a row: the constant one and the one along xhat. The backward removes them "
        "from g: subtract mean(g), subtract xhat times mean(g * xhat), multiply by inv. RMSNorm lacks the first. "
        "dgamma = sum over rows of dy * xhat.",
    ),
)  # fmt: skip
