"""Comparisons by pencil."""

import numpy as np


def row(optimizer, lr, seed, curve, validation, test=0.0):
    return {"optimizer": optimizer, "lr": lr, "seed": seed, "curve": curve, "validation": validation, "test": test}


def test_two_rates_on_a_parabola(answer):
    """Loss x^2 / 2 from x = 4: rate 1/2 halves x in each step, rate 1 reaches 0 in one. Losses 8, 2, 1/2 and 8, 0, 0."""
    rows = [np.ones((1, 1)), np.zeros((1, 1))]
    table = answer(
        kind="quadratic", optimizers=["plain"], lrs=[0.5, 1.0], seeds=[7], starts=[[np.array([4.0])]],
        orders=[[np.array([0]), np.array([0])]], data=[rows, rows, rows],
    )  # fmt: skip
    assert [(r["optimizer"], r["lr"], r["seed"]) for r in table] == [("plain", 0.5, 7), ("plain", 1.0, 7)]
    np.testing.assert_allclose([r["curve"] for r in table], [[8, 2, 0.5], [8, 0, 0]])


def test_the_median_chooses_not_the_best_seed(answer):
    """Rate 1 has validation losses 3, 4, 5; rate 2 has 0, 6, 7, and the best single run."""
    losses = {1.0: [3.0, 4.0, 5.0], 2.0: [0.0, 6.0, 7.0]}
    table = [row("adam", lr, seed, [1.0], each[seed]) for lr, each in losses.items() for seed in range(3)]
    assert answer.part("choose", table=table) == {"adam": 1.0}


def test_quartiles_of_five_seeds_are_the_second_third_and_fourth(answer):
    table = [row("adam", 0.1, seed, [float(value)], 1.0, test=value) for seed, value in enumerate([50, 10, 40, 20, 30])]
    got = answer.part("summarize", table=table)["adam"]
    assert (got["lr"], got["lower"], got["median"], got["upper"], got["test"]) == (0.1, [20], [30], [40], 30)
