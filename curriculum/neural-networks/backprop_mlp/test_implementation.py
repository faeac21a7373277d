"""Gradients by pencil: scores that are equal, or whose exponentials are whole."""

import numpy as np


def test_equal_scores_cost_the_log_of_the_number_of_classes(answer):
    """w = 0, b = 0: each of four classes has probability 1/4."""
    loss = answer(x=np.ones((3, 2)), params=[(np.zeros((4, 2)), np.zeros(4))], y=np.array([0, 3, 1]))
    np.testing.assert_allclose(loss, np.log(4.0))


def test_one_layer(answer):
    """Probabilities 1/2, 1/2 and label 0: the scores' gradient is (-1/2, 1/2), dw its products with x = (2, 4)."""
    params = [(np.zeros((2, 2)), np.zeros(2))]
    grads, dx = answer.part("backward", x=np.array([[2.0, 4.0]]), params=params, y=np.array([0]))
    ((dw, db),) = grads
    np.testing.assert_allclose(dw, [[-1.0, -2.0], [1.0, 2.0]])
    np.testing.assert_allclose(db, [-0.5, 0.5])
    np.testing.assert_allclose(dx, [[0.0, 0.0]])


def test_a_dead_unit_passes_nothing(answer):
    """Hidden (3, 0). Scores (log 3, 4 * 3 - 12) give 3/4, 1/4; with label 1 their gradient is (3/4, -3/4).

    So dw of layer 2 is 3/4 * 3 beside the live unit; the live unit gets 4 * -3/4 = -3, the dead one nothing, x 3 * -3.
    """
    params = [
        (np.array([[3.0], [-3.0]]), np.zeros(2)),
        (np.array([[0.0, 5.0], [4.0, 0.0]]), np.array([np.log(3.0), -12.0])),
    ]
    grads, dx = answer.part("backward", x=np.array([[1.0]]), params=params, y=np.array([1]))
    np.testing.assert_allclose(grads[1][0], [[2.25, 0.0], [-2.25, 0.0]])
    np.testing.assert_allclose(grads[0][0], [[-3.0], [0.0]])
    np.testing.assert_allclose(dx, [[-9.0]])
