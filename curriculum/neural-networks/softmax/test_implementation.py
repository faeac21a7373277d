"""Softmax by pencil: numbers whose exponentials are whole."""

import numpy as np


def test_weights_are_in_the_ratio_of_the_exponentials(answer):
    """exp(0), exp(log 2), exp(log 5) are 1, 2, 5: the weights are 1/8, 2/8, 5/8."""
    x = np.log([1.0, 2.0, 5.0])
    np.testing.assert_allclose(answer(x=x), [0.125, 0.25, 0.625])


def test_temperature_half_squares_the_ratio(answer):
    """At temperature 1/2 the ratio 1 : 3 becomes 1 : 9."""
    x = np.log([1.0, 3.0])
    np.testing.assert_allclose(answer(x=x, temperature=0.5), [0.1, 0.9])


def test_axis_zero_normalises_each_column(answer):
    """Along axis 0 each column sums to one: (1, 3) gives (1/4, 3/4), (2, 2) gives (1/2, 1/2)."""
    x = np.log([[1.0, 2.0], [3.0, 2.0]])
    np.testing.assert_allclose(answer(x=x, axis=0), [[0.25, 0.5], [0.75, 0.5]])


def test_a_thousand_more_on_every_score_changes_nothing(answer):
    """exp(1000) is too large for any float, yet two equal scores of 1000 are one half each."""
    np.testing.assert_allclose(answer(x=np.array([1000.0, 1000.0])), [0.5, 0.5])


def test_log_softmax_survives_where_softmax_is_zero(answer):
    """exp(-1000) is 0 in every float, but its logarithm is -1000."""
    np.testing.assert_allclose(answer.part("log_softmax", x=np.array([0.0, -1000.0])), [0.0, -1000.0])


def test_logsumexp_of_logs_is_the_log_of_the_sum(answer):
    """log(exp(log 2) + exp(log 3)) is log 5, one number for each row."""
    x = np.log([[2.0, 3.0], [1.0, 1.0]])
    np.testing.assert_allclose(answer.part("logsumexp", x=x), np.log([5.0, 2.0]))


def test_the_gradient_is_what_stands_above_the_mean(answer):
    """With weights 1/4 and 3/4, dy = (4, 0) has the mean 1, so dx = (1/4 * 3, 3/4 * -1)."""
    dx = answer.part("softmax_backward", dy=np.array([4.0, 0.0]), y=np.array([0.25, 0.75]))
    np.testing.assert_allclose(dx, [0.75, -0.75])
