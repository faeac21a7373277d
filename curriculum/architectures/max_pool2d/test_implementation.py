"""Pooling by pencil."""

import numpy as np

PICTURE = np.array([[1.0, 3.0, 2.0], [6.0, 5.0, 4.0], [7.0, 9.0, 8.0]]).reshape(1, 1, 3, 3)


def test_windows_of_two_that_overlap(answer):
    """Four windows of 2 x 2, one pixel apart: 6 5, 9 9; 6 is pixel 3, 5 is pixel 4, 9 is pixel 7."""
    y, argmax = answer(x=PICTURE, k=2, stride=1)
    np.testing.assert_array_equal(y[0, 0], [[6, 5], [9, 9]])
    np.testing.assert_array_equal(argmax[0, 0], [[3, 4], [7, 7]])


def test_the_stride_is_k_unless_given_and_a_rest_is_dropped(answer):
    """Windows of 2, 2 apart, fit once into 3 pixels."""
    y, argmax = answer(x=PICTURE, k=2)
    assert (y.item(), argmax.item()) == (6.0, 3)


def test_padding_is_never_the_maximum(answer):
    """All pixels are negative: zeros around them would win, minus infinity does not."""
    y, argmax = answer(x=-PICTURE, k=2, stride=2, padding=1)
    np.testing.assert_array_equal(y[0, 0], [[-1, -2], [-6, -4]])
    np.testing.assert_array_equal(argmax[0, 0], [[0, 2], [3, 5]])


def test_a_pixel_that_wins_twice_gets_both_gradients(answer):
    """Pixel 7 won two of the four windows: 100 + 1000."""
    dy = np.array([1.0, 10.0, 100.0, 1000.0]).reshape(1, 1, 2, 2)
    argmax = np.array([3, 4, 7, 7]).reshape(1, 1, 2, 2)
    dx = answer.part("max_pool2d_backward", dy=dy, argmax=argmax, shape=(1, 1, 3, 3))
    np.testing.assert_array_equal(dx[0, 0], [[0, 0, 0], [1, 10, 0], [0, 1100, 0]])


def test_what_a_mean_at_the_border_is_divided_by(answer):
    """The corner window holds 1 and three zeros of padding: 1/4, or 1/1 when padding does not count."""
    options = {"x": PICTURE, "k": 2, "stride": 2, "padding": 1}
    np.testing.assert_allclose(answer.part("avg_pool2d", **options)[0, 0], [[0.25, 1.25], [3.25, 6.5]])
    means = answer.part("avg_pool2d", **options, count_include_pad=False)
    np.testing.assert_allclose(means[0, 0], [[1, 2.5], [6.5, 6.5]])


def test_means_hand_out_equal_shares(answer):
    """The signal of three pixels, windows of two: gradients 5 and 7 are halved, the middle gets of both."""
    dy = np.array([5.0, 7.0]).reshape(1, 1, 1, 2)
    dx = answer.part("avg_pool2d_backward", dy=dy, shape=(1, 1, 1, 3), k=(1, 2), stride=1)
    np.testing.assert_allclose(dx.ravel(), [2.5, 6, 3.5])
