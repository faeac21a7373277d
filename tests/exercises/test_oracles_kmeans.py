"""Are the oracles of kmeans right? Lloyd against scikit-learn, the seeding's law against scikit-learn's draws and scipy."""

from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from harness.catalog import Shipped
from harness.spec import chi_square

EXERCISE = Shipped("kmeans", Path(__file__).parents[2] / "curriculum" / "learning-theory" / "kmeans").exercise
LLOYD, SEEDING = EXERCISE.part("lloyd"), EXERCISE.part("kmeanspp")
SEEDED = {case.name: case for case in SEEDING.cases}


@pytest.mark.parametrize("iters", [1, 2, 12])
@pytest.mark.parametrize("seed", range(5))
def test_lloyd_agrees_with_scikit_learn(seed, iters):
    """scikit-learn moves the centre of an empty cluster elsewhere, so that clouds with their own centres are compared."""
    cluster = pytest.importorskip("sklearn.cluster")
    x = LLOYD.inputs(np.random.default_rng(seed), n=60, k=3, d=2, iters=iters, kind="separated")
    centers, labels, inertia = LLOYD.oracle(**x)
    fitted = cluster.KMeans(3, init=x["centers"], n_init=1, algorithm="lloyd", max_iter=iters, tol=0).fit(x["x"])
    np.testing.assert_allclose(centers, fitted.cluster_centers_, rtol=1e-10)
    np.testing.assert_array_equal(labels, fitted.labels_)
    np.testing.assert_allclose(inertia[-1], fitted.inertia_, rtol=1e-10)


def seedings(name, trials, seed=0):
    """What scikit-learn draws, with so many trials for each centre (1: the plain algorithm)."""
    cluster = pytest.importorskip("sklearn.cluster")
    inputs = SEEDING.inputs(np.random.default_rng(seed), **SEEDED[name].params)
    rng = np.random.RandomState(seed)
    draws = [
        cluster.kmeans_plusplus(inputs["x"], inputs["k"], random_state=rng, n_local_trials=trials)[0]
        for _ in range(inputs["draws"])
    ]
    return inputs, np.array(draws)


@pytest.mark.parametrize("name", ["the first centre", "the second centre", "the third centre", "copies of a point"])
def test_plain_seedings_of_scikit_learn_follow_the_law(name):
    assert SEEDING.p_value(*seedings(name, trials=1)) > 1e-4


@pytest.mark.parametrize("name", ["the second centre", "the third centre"])
def test_greedy_seedings_of_scikit_learn_do_not(name):
    assert SEEDING.p_value(*seedings(name, trials=3)) < 1e-8


def test_a_centre_that_is_no_row_is_impossible():
    inputs, draws = seedings("the second centre", trials=1)
    draws[7, 1, 0] += 1e-9
    assert SEEDING.p_value(inputs, draws) == 0.0


def test_the_same_row_twice_is_impossible_while_others_are_left():
    inputs, draws = seedings("the second centre", trials=1)
    draws[7, 1] = draws[7, 0]
    assert SEEDING.p_value(inputs, draws) == 0.0


@pytest.mark.parametrize("k", [2, 3, 6, 11])
def test_chi_square_agrees_with_scipy(k):
    rng = np.random.default_rng(k)
    law = rng.dirichlet(np.full(k, 5.0)) * 0.9 + 0.1 / k
    counts = rng.multinomial(1000, law)
    assert chi_square(counts, law) == pytest.approx(scipy.stats.chisquare(counts, 1000 * law).pvalue, rel=1e-10)


def test_an_impossible_outcome_has_p_value_zero():
    assert chi_square([10, 10, 1], [0.5, 0.5, 0.0]) == 0.0
