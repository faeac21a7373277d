"""Matrix products small enough for a pencil."""

import numpy as np


def test_each_entry_is_a_row_times_a_column(answer):
    """(1, 2) times (5, 7) is 5 + 14 = 19, and so on for the other three."""
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    b = np.array([[5.0, 6.0], [7.0, 8.0]])
    np.testing.assert_array_equal(answer(a=a, b=b), [[19.0, 22.0], [43.0, 50.0]])


def test_the_order_of_the_factors_matters(answer):
    """The same two matrices the other way round: 5 * 1 + 6 * 3 = 23."""
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    b = np.array([[5.0, 6.0], [7.0, 8.0]])
    np.testing.assert_array_equal(answer(a=b, b=a), [[23.0, 34.0], [31.0, 46.0]])


def test_a_row_times_a_column_is_one_number(answer):
    """1 * 4 + 2 * 5 + 3 * 6 = 32, in a matrix of one row and one column."""
    np.testing.assert_array_equal(answer(a=np.array([[1.0, 2.0, 3.0]]), b=np.array([[4.0], [5.0], [6.0]])), [[32.0]])


def test_a_column_times_a_row_is_a_table_of_products(answer):
    """A multiplication table: two rows, three columns."""
    got = answer(a=np.array([[2.0], [3.0]]), b=np.array([[1.0, 10.0, 100.0]]))
    np.testing.assert_array_equal(got, [[2.0, 20.0, 200.0], [3.0, 30.0, 300.0]])


def test_a_permutation_matrix_moves_rows(answer):
    """Row 0 of the product is row 1 of b, row 1 is row 0."""
    b = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(answer(a=np.array([[0.0, 1.0], [1.0, 0.0]]), b=b), [[4.0, 5.0, 6.0], [1.0, 2.0, 3.0]])
