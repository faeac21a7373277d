"""Differences by pencil. `function` names an f that drive.py makes; c are its coefficients."""

import numpy as np


def test_a_difference_of_cubes_is_off_by_h_squared(answer):
    """f(x) = x**3 at 2 with h = 1: (27 - 1) / 2 = 13, and the derivative is 12: the error is h**2."""
    np.testing.assert_allclose(answer(function="cubes", x=np.array([2.0]), c=np.array([1.0]), h=1.0), [13.0])


def test_half_the_step_has_a_quarter_of_the_error(answer):
    """With h = 1/2: (15.625 - 3.375) / 1 = 12.25."""
    np.testing.assert_allclose(answer(function="cubes", x=np.array([2.0]), c=np.array([1.0]), h=0.5), [12.25])


def test_the_gradient_of_a_product_is_the_product_of_the_others(answer):
    """f(x, y, z) = xyz at (2, 3, 4) has the gradient (12, 8, 6); it is linear in each, so no step is too large."""
    np.testing.assert_allclose(answer(function="product", x=np.array([2.0, 3.0, 4.0]), h=1.0), [12.0, 8.0, 6.0])


def test_the_step_is_chosen_where_none_is_given(answer):
    """3 c x**2 at x = 2 and -1 with c = 1 and 2 is 12 and 6, to six digits."""
    x, c = np.array([2.0, -1.0]), np.array([1.0, 2.0])
    np.testing.assert_allclose(answer(function="cubes", x=x, c=c), [12.0, 6.0], rtol=1e-6)


def test_a_gradient_twice_too_large_is_off_by_one_half(answer):
    """a = 24 and n = 12: |24 - 12| / 24 = 1/2."""
    x, c = np.array([2.0]), np.array([1.0])
    error = answer.part("check_grad", function="cubes", x=x, c=c, planted=(0, 2.0))
    np.testing.assert_allclose(error, 0.5, rtol=1e-6)
