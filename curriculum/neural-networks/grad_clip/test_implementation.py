"""Clipping by pencil: squares that add up to squares."""

import numpy as np


def test_one_factor_for_all(answer):
    """(3) and (4) have the norm 5; for a norm of 1 both are divided by 5."""
    (first, second), norm = answer(grads=[np.array([3.0]), np.array([4.0])], max_norm=1.0)
    np.testing.assert_allclose(first, [0.6])
    np.testing.assert_allclose(second, [0.8])
    np.testing.assert_allclose(norm, 5.0)


def test_the_norm_is_that_of_everything_together(answer):
    """(1, 2) and ((2), (4)): 1 + 4 + 4 + 16 = 25. A norm of 10 allows it as it is."""
    grads = [np.array([1.0, 2.0]), np.array([[2.0], [4.0]])]
    (first, second), norm = answer(grads=grads, max_norm=10.0)
    np.testing.assert_array_equal(first, grads[0])
    np.testing.assert_array_equal(second, grads[1])
    np.testing.assert_allclose(norm, 5.0)


def test_a_limit_of_zero_leaves_zeros(answer):
    """A factor of 0."""
    (only,), norm = answer(grads=[np.array([3.0, 4.0])], max_norm=0.0)
    np.testing.assert_array_equal(only, [0.0, 0.0])
    np.testing.assert_allclose(norm, 5.0)


def test_an_infinity_is_reported_and_left(answer):
    """No factor makes (inf, 1) small: the norm says so, and the gradient is as it was."""
    (only,), norm = answer(grads=[np.array([np.inf, 1.0])], max_norm=1.0)
    np.testing.assert_array_equal(only, [np.inf, 1.0])
    assert norm == np.inf


def test_clipping_by_value_cuts_entries(answer):
    """At 2: 5 becomes 2, -3 becomes -2, 1 stays."""
    (only,) = answer.part("clip_by_value", grads=[np.array([5.0, -3.0, 1.0])], c=2.0)
    np.testing.assert_array_equal(only, [2.0, -2.0, 1.0])
