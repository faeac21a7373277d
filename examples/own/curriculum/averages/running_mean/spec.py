"""Running means: what an answer must do, and what it costs."""

import numpy as np

from harness.spec import Cost, Exercise, Mistake, Timing, case, holds


def running_mean(x, width):
    """Oracle, in float64."""
    return np.array([x[start : start + width].sum() / width for start in range(len(x) - width + 1)])


def inputs(rng, n=9, width=3, offset=0.0):
    return {"x": offset + rng.standard_normal(n), "width": min(width, n)}


def a_constant_stays_itself(answer, x, check):
    """The mean of equal numbers is that number."""
    ones = np.ones_like(x["x"])
    check.close(answer(x=ones, width=x["width"]), ones[x["width"] - 1 :], "the means of a constant")


def cost(itemsize, n, width):
    return Cost(flops=2 * n, bytes_moved=2 * itemsize * n)


EXERCISE = Exercise(
    version=1,
    inputs=inputs,
    oracle=running_mean,
    cases=(
        case("nine numbers"),
        case("a window of one", width=1, mark="robust", why="each number is its own mean"),
        case("one window", n=5, width=5, mark="robust", why="a window as long as the series leaves one mean"),
        case("far from zero", n=300, width=7, offset=1000.0, mark="robust", why="a running sum that drifts shows here"),
    ),
    properties=(holds(a_constant_stays_itself, n=6),),
    timings=(
        Timing(case("100,000 numbers", n=100_000, width=32), cost, scaling="n", yardstick={"numpy": "reference.py"}),
    ),
    mistakes=(
        Mistake("the sum instead of the mean", ".mean(axis=-1)", ".sum(axis=-1)", caught_by="nine numbers"),
        Mistake("one window too few", "return windows.mean", "return windows[:-1].mean", caught_by="nine numbers"),
    ),
    hints=(
        "How many windows of width w fit into n numbers?",
        "sliding_window_view gives all windows without a copy.",
        "windows = np.lib.stride_tricks.sliding_window_view(x, width), then the mean over the last axis.",
    ),
)
