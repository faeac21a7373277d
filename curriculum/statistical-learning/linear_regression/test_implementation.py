"""Lines and planes by pencil."""

import numpy as np


def test_three_points_near_a_line(answer):
    """Through (0, 1), (1, 2), (2, 6): means 1 and 3, slope (1*2 + 1*3) / 2 = 2.5, intercept 3 - 2.5."""
    w, b = answer(x=np.array([[0.0], [1.0], [2.0]]), y=np.array([1.0, 2.0, 6.0]))
    np.testing.assert_allclose(w, [2.5])
    np.testing.assert_allclose(b, 0.5)


def test_ridge_divides_by_two_plus_l2(answer):
    """The same points with l2 = 3: slope 5 / (2 + 3) = 1, and the line still goes through the means (1, 3)."""
    w, b = answer(x=np.array([[0.0], [1.0], [2.0]]), y=np.array([1.0, 2.0, 6.0]), l2=3.0)
    np.testing.assert_allclose(w, [1.0])
    np.testing.assert_allclose(b, 2.0)


def test_a_column_and_its_copy_share_the_slope(answer):
    """w1 + w2 = 2.5 fits best; the smallest such w has two equal halves."""
    w, b = answer(x=np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), y=np.array([1.0, 2.0, 6.0]))
    np.testing.assert_allclose(w, [1.25, 1.25])
    np.testing.assert_allclose(b, 0.5)


def test_two_points_in_the_plane(answer):
    """Between (0, 0) and (3, 4) y rises by 5: the shortest w with 3 w1 + 4 w2 = 5 lies along (3, 4): (0.6, 0.8)."""
    w, b = answer(x=np.array([[0.0, 0.0], [3.0, 4.0]]), y=np.array([1.0, 6.0]))
    np.testing.assert_allclose(w, [0.6, 0.8])
    np.testing.assert_allclose(b, 1.0)


def test_prediction_adds_the_intercept_to_each_row(answer):
    """(1, 2).(3, -1) + 10 = 11, (0, 1).(3, -1) + 10 = 9."""
    x, w = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([3.0, -1.0])
    np.testing.assert_allclose(answer.part("predict", x=x, w=w, b=np.array(10.0)), [11.0, 9.0])
