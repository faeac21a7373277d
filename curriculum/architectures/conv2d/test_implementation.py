"""Convolution by pencil: small whole numbers."""

import numpy as np

ROW = np.array([1.0, 2.0, 4.0, 8.0]).reshape(1, 1, 1, 4)
DIFFERENCE = np.array([-1.0, 1.0]).reshape(1, 1, 1, 2)


def test_the_kernel_is_not_flipped(answer):
    """(-1, 1) over (1, 2, 4, 8): each number less the one before it, so 1, 2, 4."""
    np.testing.assert_array_equal(answer(x=ROW, w=DIFFERENCE).ravel(), [1.0, 2.0, 4.0])


def test_padding_adds_zeros_on_both_sides(answer):
    """One column of zeros on each side: the row is 0, 1, 2, 4, 8, 0, its differences 1, 1, 2, 4, -8."""
    np.testing.assert_array_equal(answer(x=ROW, w=DIFFERENCE, padding=(0, 1)).ravel(), [1.0, 1.0, 2.0, 4.0, -8.0])


def test_a_stride_of_two_takes_every_other_place_and_leaves_the_rest(answer):
    """Windows start at pixels 0 and 2 of 1, 2, 4, 8, 16; pixel 4 would need a neighbour, and is not read.
    The bias adds 10."""
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0]).reshape(1, 1, 1, 5)
    np.testing.assert_array_equal(answer(x=x, w=DIFFERENCE, b=np.array([10.0]), stride=(1, 2)).ravel(), [11.0, 14.0])


def test_dilation_leaves_gaps_between_the_taps(answer):
    """Taps two pixels apart: 4 - 1 and 8 - 2."""
    np.testing.assert_array_equal(answer(x=ROW, w=DIFFERENCE, dilation=(1, 2)).ravel(), [3.0, 6.0])


def test_groups_do_not_mix(answer):
    """Two channels, two groups, kernels of one pixel: the first doubles channel 0, the second triples channel 1."""
    x = np.array([5.0, 7.0]).reshape(1, 2, 1, 1)
    w = np.array([2.0, 3.0]).reshape(2, 1, 1, 1)
    np.testing.assert_array_equal(answer(x=x, w=w, groups=2).ravel(), [10.0, 21.0])


def test_where_windows_overlap_gradients_add_up(answer):
    """dy = (1, 10, 100) through (-1, 1): pixel 1 is the plus of window 0 and the minus of window 1, so 1 - 10 = -9."""
    dy = np.array([1.0, 10.0, 100.0]).reshape(1, 1, 1, 3)
    dx, dw, db = answer.part("conv2d_backward", dy=dy, x=ROW, w=DIFFERENCE)
    np.testing.assert_array_equal(dx.ravel(), [-1.0, -9.0, -90.0, 100.0])
    np.testing.assert_array_equal(dw.ravel(), [1 + 20 + 400.0, 2 + 40 + 800.0])
    np.testing.assert_array_equal(db, [111.0])
