"""Dropout by pencil: what must hold whatever is drawn, and a unit of two inputs whose four masks can be listed."""

import numpy as np

from harness.spec import Rng


def test_what_is_kept_is_scaled_up(answer):
    """With p = 3/4 an entry of 5 becomes 5 / (1/4) = 20 or 0."""
    y, mask = answer(x=np.full((6, 7), 5.0), p=0.75, train=True, rng=Rng(3))
    np.testing.assert_allclose(y, np.where(mask, 20.0, 0.0))


def test_evaluation_does_nothing(answer):
    """No mask and no scale: the scaling was done in training."""
    x = np.array([1.0, -2.0, 3.0])
    y, mask = answer(x=x, p=0.5, train=False, rng=Rng(3))
    np.testing.assert_array_equal(y, x)
    assert mask.all()


def test_dropping_everything_leaves_zeros(answer):
    """p = 1: 1 / (1 - p) does not exist, and is not needed."""
    y, mask = answer(x=np.array([1.0, -2.0]), p=1.0, train=True, rng=Rng(3))
    np.testing.assert_array_equal(y, [0.0, 0.0])
    assert not mask.any()


def test_the_gradient_goes_where_the_value_went(answer):
    """Half dropped: what was kept was doubled, and so is its gradient."""
    dx = answer.part("dropout_backward", dy=np.array([1.0, 2.0, 3.0]), mask=np.array([True, False, True]), p=0.5)
    np.testing.assert_allclose(dx, [2.0, 0.0, 6.0])


def test_four_masks_of_two_inputs(answer):
    """w x = (1, 3), p = 1/2: the four outputs are 0, 2, 6, 8, of mean 4 and variance (16 + 4 + 4 + 16) / 4 = 10."""
    mean, variance = answer.part("ensemble_moments", w=np.array([1.0, 3.0]), x=np.array([[1.0, 1.0]]), p=0.5)
    np.testing.assert_allclose(mean, [4.0])
    np.testing.assert_allclose(variance, [10.0])
