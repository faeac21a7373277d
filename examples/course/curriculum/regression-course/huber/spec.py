"""The Huber loss: what an answer must do, and what it costs.

Source: Huber 1964, https://doi.org/10.1214/aoms/1177703732
"""

import numpy as np

from harness.spec import Cost, Exercise, Mistake, Part, Timing, case, holds


def huber(r, delta=1.0):
    """Oracle, in float64."""
    return np.where(np.abs(r) <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2))


def huber_backward(dy, r, delta=1.0):
    return dy * np.clip(r, -delta, delta)


def inputs(rng, m=4, n=7, delta=1.0, scale=3.0):
    return {"r": scale * rng.standard_normal((m, n)), "delta": delta}


def backward_inputs(rng, **params):
    x = inputs(rng, **params)
    return {"dy": rng.uniform(1.0, 2.0, x["r"].shape), **x}


def the_sign_does_not_matter(answer, x, check):
    """A residual and its negative cost the same."""
    check.close(answer(r=-x["r"], delta=x["delta"]), answer(**x), "the loss of -r")


def cost(itemsize, m, n):
    return Cost(flops=5 * m * n, bytes_moved=2 * itemsize * m * n)


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "huber",
            inputs,
            cases=(
                case("matrix"),
                case("a narrow delta", delta=0.25, why="most residuals lie on the line"),
                case("far outliers", scale=1e30, mark="robust", why="squaring them would overflow in float32"),
                case("no rows", m=0, mark="robust", why="an empty batch comes back empty"),
            ),
            oracle=huber,
            properties=(holds(the_sign_does_not_matter, m=3),),
        ),
        Part(
            "huber_backward",
            backward_inputs,
            (case("matrix"), case("a narrow delta", delta=0.25)),
            oracle=huber_backward,
            gradient_of="huber",
            wrt=("r",),
        ),
    ),
    timings=(
        Timing(case("a million entries", m=1000, n=1000), cost, scaling="n", yardstick={"numpy": "reference.py"}),
    ),
    mistakes=(
        Mistake("forgets the half", "np.abs(r) - near / 2", "np.abs(r) - near", caught_by="huber/matrix"),
        Mistake(
            "delta is always one",
            "np.minimum(np.abs(r), delta)",
            "np.minimum(np.abs(r), 1)",
            caught_by="huber/a narrow delta",
        ),
        Mistake("the gradient is never clipped", "np.clip(r, -delta, delta)", "r", caught_by="huber_backward/matrix"),
    ),
    hints=(
        "Two pieces that meet at |r| = delta. What must be true of them there?",
        "np.where evaluates both pieces everywhere: square only what is small, or clip first.",
        "With a = min(|r|, delta) the loss is a (|r| - a/2); its derivative is r clipped to [-delta, delta].",
    ),
)
