"""Gradient descent by pencil. `a` is the Hessian of a quadratic with its minimum at `center`: the gradient is a (x - center)."""

import numpy as np


def test_one_step_goes_against_the_slope(answer):
    """At x = 3 the slope of 2 (x - 1)^2 / 2 is 4; with lr 0.25 the step is -1."""
    path = answer(x0=np.array([3.0]), lr=0.25, n=1, a=np.array([[2.0]]), center=np.array([1.0]))
    np.testing.assert_allclose(path, [[3.0], [2.0]])


def test_the_error_shrinks_by_one_minus_lr_times_the_curvature(answer):
    """1 - 0.25 * 2 = 1/2: distances to the minimum 1 are 8, 4, 2, 1."""
    path = answer(x0=np.array([9.0]), lr=0.25, n=3, a=np.array([[2.0]]), center=np.array([1.0]))
    np.testing.assert_allclose(path[:, 0], [9.0, 5.0, 3.0, 2.0])


def test_each_direction_has_its_own_factor(answer):
    """Curvatures 1 and 10, lr 0.15: the factors are 0.85, which creeps, and -0.5, which jumps over the valley."""
    path = answer(x0=np.array([1.0, 1.0]), lr=0.15, n=2, a=np.diag([1.0, 10.0]), center=np.zeros(2))
    np.testing.assert_allclose(path, [[1.0, 1.0], [0.85, -0.5], [0.7225, 0.25]])


def test_twice_the_inverse_curvature_jumps_for_ever(answer):
    """lr = 2 / a: the factor is -1, neither nearer nor further."""
    path = answer(x0=np.array([1.0]), lr=0.5, n=4, a=np.array([[4.0]]), center=np.zeros(1))
    np.testing.assert_allclose(path[:, 0], [1.0, -1.0, 1.0, -1.0, 1.0])


def test_no_step_is_the_start(answer):
    path = answer(x0=np.array([3.0, 4.0]), lr=0.1, n=0, a=np.eye(2), center=np.zeros(2))
    np.testing.assert_array_equal(path, [[3.0, 4.0]])
