"""Odds by pencil."""

import numpy as np


def test_scores_become_probabilities(answer):
    """Scores log 1, log 2, log 5 are odds of 1 : 2 : 5."""
    x, w, b = np.array([[1.0]]), np.log([[1.0], [2.0], [5.0]]), np.zeros(3)
    np.testing.assert_allclose(answer.part("predict_proba", x=x, w=w, b=b), [[0.125, 0.25, 0.625]])


def test_without_information_the_intercepts_are_log_odds(answer):
    """x is 0 throughout, and label 5 comes three times as often as label 4: b = (-log 3, log 3) / 2, w = 0."""
    w, b, converged = answer(x=np.zeros((4, 1)), y=np.array([5, 4, 5, 5]), l2=1.0, method="irls", max_steps=20)
    assert converged is True
    np.testing.assert_allclose(w, [[0.0], [0.0]], atol=1e-6)
    np.testing.assert_allclose(b, [-np.log(3) / 2, np.log(3) / 2], atol=1e-5)


def test_two_points_that_nothing_mixes_have_no_optimum(answer):
    """-1 is class 0 and 1 is class 1: the steeper the better, for ever."""
    _, _, converged = answer(x=np.array([[-1.0], [1.0]]), y=np.array([0, 1]), method="irls", max_steps=10)
    assert converged is False


def test_the_first_newton_step(answer):
    """By symmetry b = 0, w = (-v, v): J = 2 log(1 + exp(-2v)) + v^2 has J'(0) = -2, J''(0) = 2 + 2: v is 2/4."""
    w, b, converged = answer(x=np.array([[-1.0], [1.0]]), y=np.array([0, 1]), l2=1.0, method="irls", max_steps=1)
    assert converged is False
    np.testing.assert_allclose(w, [[-0.5], [0.5]], rtol=1e-12)
    np.testing.assert_allclose(b, [0.0, 0.0], atol=1e-12)
