"""A neuron and a few steps of the rule, by pencil."""

import numpy as np


def test_a_neuron_is_a_weighted_sum(answer):
    """2*1 - 1*3 + 0.5 = -0.5 and 2*2 - 1*0 + 0.5 = 4.5."""
    x, w = np.array([[1.0, 3.0], [2.0, 0.0]]), np.array([2.0, -1.0])
    np.testing.assert_array_equal(answer(x=x, w=w, b=np.array(0.5)), [-0.5, 4.5])


def test_a_neuron_computes_and(answer):
    """x1 + x2 - 1.5 is above 0 only where both are 1."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    fired = answer(x=x, w=np.array([1.0, 1.0]), b=np.array(-1.5), act="step")
    np.testing.assert_array_equal(fired, [0.0, 0.0, 0.0, 1.0])


def test_the_first_epoch_on_two_points(answer):
    """(2), +1: score 0 is a mistake, w = 2, b = 1. (1), -1: score 3 is another, w = 1, b = 0."""
    w, b, mistakes, converged = answer.part(
        "perceptron_fit", x=np.array([[2.0], [1.0]]), y=np.array([1.0, -1.0]), max_epochs=1
    )
    np.testing.assert_array_equal(w, [1.0])
    np.testing.assert_array_equal(b, 0.0)
    assert (mistakes, converged) == (2, False)


def test_one_mistake_suffices_where_the_origin_lies_between(answer):
    """(1), +1 is a mistake at w = b = 0; with w = 1, b = 1 the point (-3), -1 is right, and so is all of epoch 2."""
    w, b, mistakes, converged = answer.part(
        "perceptron_fit", x=np.array([[1.0], [-3.0]]), y=np.array([1.0, -1.0]), max_epochs=9
    )
    np.testing.assert_array_equal(w, [1.0])
    np.testing.assert_array_equal(b, 1.0)
    assert (mistakes, converged) == (1, True)


def test_exclusive_or_never_ends(answer):
    """No line separates it, so after 50 epochs there are still mistakes."""
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([-1.0, 1.0, 1.0, -1.0])
    assert answer.part("perceptron_fit", x=x, y=y, max_epochs=50)[3] is False
