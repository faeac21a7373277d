"""Activations by pencil."""

import numpy as np


def test_relu_cuts_off_what_is_negative(answer):
    np.testing.assert_array_equal(answer(x=np.array([-2.0, 0.0, 3.0])), [0.0, 0.0, 3.0])


def test_the_gradient_passes_where_the_input_was_positive(answer):
    """At 0 the derivative is taken as 0."""
    dx = answer.part("relu_backward", dy=np.array([5.0, 6.0, 7.0]), x=np.array([-2.0, 0.0, 3.0]))
    np.testing.assert_array_equal(dx, [0.0, 0.0, 7.0])


def test_sigmoid_of_a_log_odds_is_the_probability(answer):
    """exp(-log 3) = 1/3, so sigmoid(log 3) = 1 / (4/3); and its derivative there is 3/4 * 1/4."""
    x = np.log([3.0, 1.0])
    np.testing.assert_allclose(answer.part("sigmoid", x=x), [0.75, 0.5])
    np.testing.assert_allclose(answer.part("sigmoid_backward", dy=np.array([16.0, 4.0]), x=x), [3.0, 1.0])


def test_tanh_of_half_a_log(answer):
    """With exp(x) = sqrt(3): (sqrt 3 - 1/sqrt 3) / (sqrt 3 + 1/sqrt 3) = (3 - 1) / (3 + 1)."""
    np.testing.assert_allclose(answer.part("tanh", x=np.array([np.log(3.0) / 2])), [0.5])


def test_silu_is_x_times_its_sigmoid(answer):
    x = np.log([3.0, 1.0])
    np.testing.assert_allclose(answer.part("silu", x=x), [0.75 * np.log(3.0), 0.0], atol=1e-15)


def test_gelu_at_one(answer):
    """Phi(1) is 0.8413 by any table; both forms agree to three digits."""
    for form in ("exact", "tanh"):
        np.testing.assert_allclose(answer.part("gelu", x=np.array([1.0]), form=form), [0.8413], atol=3e-4)


def test_a_unit_that_is_never_positive_is_dead(answer):
    """Of three units the second is 0 or less on both samples."""
    assert answer.part("dead_fraction", pre=np.array([[1.0, -1.0, -2.0], [-1.0, 0.0, 3.0]])) == 1 / 3
