"""Worked examples for svd that a pencil can check; signs are free, so they test products."""

import numpy as np


def test_a_diagonal_matrix_gives_its_sizes_in_order(answer):
    """diag(-2, 3): the singular values are |3| and |-2|, the larger first."""
    _, s, _ = answer(a=np.array([[-2.0, 0.0], [0.0, 3.0]]))
    np.testing.assert_allclose(s, [3.0, 2.0], rtol=1e-12)


def test_a_three_four_five_column_has_length_five(answer):
    """(3, 4) has length 5: u is the column over 5, up to one sign that vt shares."""
    u, s, vt = answer(a=np.array([[3.0], [4.0]]))
    np.testing.assert_allclose(s, [5.0], rtol=1e-12)
    np.testing.assert_allclose(u * vt[0, 0], [[0.6], [0.8]], rtol=1e-12)


def test_the_three_factors_multiply_back(answer):
    """[[0, 2], [1, 0]] swaps the axes and doubles one: u diag(s) vt gives it back."""
    a = np.array([[0.0, 2.0], [1.0, 0.0]])
    u, s, vt = answer(a=a)
    np.testing.assert_allclose(s, [2.0, 1.0], rtol=1e-12)
    np.testing.assert_allclose(u @ np.diag(s) @ vt, a, atol=1e-12)


def test_rank_one_still_has_two_orthonormal_columns(answer):
    """[[1, 1], [1, 1]] has singular values 2 and 0, and u is orthogonal all the same."""
    u, s, _ = answer(a=np.array([[1.0, 1.0], [1.0, 1.0]]))
    np.testing.assert_allclose(s, [2.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(u.T @ u, np.eye(2), atol=1e-12)


def test_a_wide_matrix_gives_the_reduced_shapes(answer):
    """(2, 3) gives u (2, 2), s (2,), vt (2, 3): the third right vector has nothing to multiply."""
    u, s, vt = answer(a=np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]))
    assert (u.shape, s.shape, vt.shape) == ((2, 2), (2,), (2, 3))
