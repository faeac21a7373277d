"""QR by pencil; signs are free, so these look at products and sizes."""

import numpy as np


def test_a_three_four_column_has_length_five(answer):
    """(3, 4) has length 5: r is 5 or -5, and q is the column over r."""
    q, r = answer(a=np.array([[3.0], [4.0]]))
    np.testing.assert_allclose(abs(r), [[5.0]], rtol=1e-12)
    np.testing.assert_allclose(q * r, [[3.0], [4.0]], rtol=1e-12)


def test_the_second_column_less_its_part_along_the_first(answer):
    """(-1, 7) is 5 times (3, 4)/5 plus 5 times (-4, 3)/5: r is ((5, 5), (0, 5)) up to the signs of its rows."""
    _, r = answer(a=np.array([[3.0, -1.0], [4.0, 7.0]]))
    np.testing.assert_allclose(abs(r), [[5.0, 5.0], [0.0, 5.0]], rtol=1e-12)


def test_below_the_diagonal_r_is_zero_exactly(answer):
    """Not 1e-17: r[1, 0] is 0."""
    _, r = answer(a=np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    assert r.shape == (2, 2)
    assert r[1, 0] == 0


def test_two_equal_columns_still_give_an_orthonormal_q(answer):
    """The second column has nothing new, so r[1, 1] is 0, and q has two orthonormal columns all the same."""
    q, r = answer(a=np.array([[1.0, 1.0], [1.0, 1.0]]))
    np.testing.assert_allclose(q.T @ q, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(r[1, 1], 0.0, atol=1e-12)


def test_the_best_constant_is_the_mean(answer):
    """A column of ones: the x nearest to (1, 2, 6) is the mean, 3."""
    x = answer.part("lstsq", a=np.ones((3, 1)), b=np.array([1.0, 2.0, 6.0]))
    np.testing.assert_allclose(x, [3.0], rtol=1e-12)


def test_a_line_through_three_points(answer):
    """Heights 1, 2, 4 at 0, 1, 2: the slope is 3/2, the height at 0 is 5/6."""
    a = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    np.testing.assert_allclose(answer.part("lstsq", a=a, b=np.array([1.0, 2.0, 4.0])), [5 / 6, 3 / 2], rtol=1e-12)
