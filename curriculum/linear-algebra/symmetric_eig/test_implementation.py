"""Eigenvalues by pencil; signs of vectors are free, so these look at products and sizes."""

import numpy as np


def test_two_by_two(answer):
    """[[2, 1], [1, 2]]: (1, -1) is taken to itself, (1, 1) to three times itself."""
    w, v = answer(a=np.array([[2.0, 1.0], [1.0, 2.0]]))
    np.testing.assert_allclose(w, [1.0, 3.0], rtol=1e-12)
    np.testing.assert_allclose(abs(v), np.full((2, 2), 0.5**0.5), rtol=1e-12)
    assert v[0, 0] * v[1, 0] < 0 < v[0, 1] * v[1, 1]


def test_a_diagonal_matrix_is_sorted_by_value_not_by_size(answer):
    """diag(1, -3, 2): ascending is -3, 1, 2."""
    w, _ = answer(a=np.diag([1.0, -3.0, 2.0]))
    np.testing.assert_allclose(w, [-3.0, 1.0, 2.0], rtol=1e-12)


def test_eigenvectors_are_the_columns(answer):
    """diag(2, 1) swaps: the first column of v belongs to 1, so it is the second axis."""
    _, v = answer(a=np.diag([2.0, 1.0]))
    np.testing.assert_allclose(abs(v), [[0.0, 1.0], [1.0, 0.0]], atol=1e-12)


def test_ones_plus_identity(answer):
    """Twos on the diagonal and ones elsewhere (4 x 4): 1, 1, 1, and 5 with (1, 1, 1, 1) / 2."""
    w, v = answer(a=np.ones((4, 4)) + np.eye(4))
    np.testing.assert_allclose(w, [1.0, 1.0, 1.0, 5.0], rtol=1e-12)
    np.testing.assert_allclose(abs(v[:, 3]), [0.5, 0.5, 0.5, 0.5], rtol=1e-12)
