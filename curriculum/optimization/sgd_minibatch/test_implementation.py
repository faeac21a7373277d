"""Mini-batches by pencil. minibatches comes as a list of epochs, each a list of batches, each a list of row numbers."""

import numpy as np

from harness.spec import Rng


def test_five_rows_in_twos(answer):
    """Two batches of two and one of one; together they are the rows 0 to 4."""
    (epoch,) = answer(n=5, batch=2, rng=Rng(1))
    assert [len(rows) for rows in epoch] == [2, 2, 1]
    assert sorted(row for rows in epoch for row in rows) == [0, 1, 2, 3, 4]


def test_drop_last_leaves_out_the_short_one(answer):
    (epoch,) = answer(n=5, batch=2, rng=Rng(2), drop_last=True)
    assert [len(rows) for rows in epoch] == [2, 2]
    assert len({row for rows in epoch for row in rows}) == 4


def test_one_row_is_one_step(answer):
    """x = 2, y = 3, w = b = 0: the error is -3, the gradients are -6 and -3; with lr 1/3 the step is +2 and +1."""
    params, x, y = [np.zeros(1), np.zeros(1)], np.array([[2.0]]), np.array([3.0])
    (w, b), _ = answer.part("sgd", params=params, x=x, y=y, lr=1 / 3, batch=1, epochs=1, rng=Rng(3))
    np.testing.assert_allclose([w[0], b[0]], [2.0, 1.0])


def test_a_batch_of_all_is_gradient_descent(answer):
    """x = 1, 2 and y = 1, 2 from zero: the mean gradients are -(1 + 4)/2 and -(1 + 2)/2."""
    params, x, y = [np.zeros(1), np.zeros(1)], np.array([[1.0], [2.0]]), np.array([1.0, 2.0])
    (w, b), seen = answer.part("sgd", params=params, x=x, y=y, lr=0.5, batch=2, epochs=1, rng=Rng(4))
    np.testing.assert_allclose([w[0], b[0]], [1.25, 0.75])
    assert len(seen) == 1
