"""Compression by pencil: pictures of rank one, and counts."""

import numpy as np


def test_a_picture_of_rank_one_comes_back_from_one_term(answer):
    """Rows 1 2 and 2 4 are multiples: s is 5 (the length of 1 2 2 4), and one term restores the channel."""
    img = np.stack([np.array([[1, 2], [2, 4]], np.uint8)] * 3, axis=2)
    u, s, vt = answer(img=img, k=1)
    np.testing.assert_allclose(s, [[5.0], [5.0], [5.0]], rtol=1e-12)
    np.testing.assert_array_equal(answer.part("reconstruct", u=u, s=s, vt=vt), img)


def test_channels_are_kept_apart(answer):
    """Red 3 4, green 0 0, blue 5 12 (a picture of one row): lengths 5, 0, 13."""
    img = np.array([[[3, 0, 5], [4, 0, 12]]], np.uint8)
    _, s, _ = answer(img=img, k=1)
    np.testing.assert_allclose(s, [[5.0], [0.0], [13.0]], atol=1e-12)


def test_values_are_rounded_and_cut(answer):
    """1 x 1 pictures: 2.6 becomes 3, 300 becomes 255, -7 becomes 0."""
    one = np.ones((3, 1, 1))
    img = answer.part("reconstruct", u=one, s=np.array([[2.6], [300.0], [7.0]]), vt=one * [[[1.0]], [[1.0]], [[-1.0]]])
    np.testing.assert_array_equal(img, [[[3, 255, 0]]])


def test_the_ratio_counts_the_singular_values_too(answer):
    """100 x 50, rank 10: 5000 numbers against 10 (100 + 50 + 1) = 1510."""
    np.testing.assert_allclose(answer.part("ratio", h=100, w=50, k=10), 5000 / 1510)


def test_an_error_of_one_everywhere_is_48_decibels(answer):
    """The mean square is 1, so psnr is 20 log10(255) = 48.13, whichever of the two is larger."""
    a, b = np.full((2, 2, 3), 7, np.uint8), np.full((2, 2, 3), 8, np.uint8)
    np.testing.assert_allclose(answer.part("psnr", a=a, b=b), 20 * np.log10(255))


def test_energy_is_the_sum_of_squares(answer):
    """4, 3, 0: squares 16, 9, 0. One value holds 0.64 of the energy, two hold all."""
    s = np.array([4.0, 3.0, 0.0])
    assert [answer.part("choose_k", s=s, energy=e) for e in (0.0, 0.5, 0.64, 0.65, 1.0)] == [0, 1, 1, 2, 2]
