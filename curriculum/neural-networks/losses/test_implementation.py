"""Losses by pencil: scores that are logarithms, so that probabilities are fractions."""

import numpy as np

ROWS = np.log([[1.0, 3.0], [1.0, 1.0]])  # probabilities (1/4, 3/4) and (1/2, 1/2)


def test_cross_entropy_is_the_log_of_the_probability(answer):
    """The classes 0 and 1 have 1/4 and 1/2: (log 4 + log 2) / 2."""
    np.testing.assert_allclose(answer(logits=ROWS, target=np.array([0, 1])), 1.5 * np.log(2))


def test_an_ignored_row_is_not_there(answer):
    """Only the first row counts, above and below the fraction: log 4."""
    np.testing.assert_allclose(answer(logits=ROWS, target=np.array([0, -100])), np.log(4))


def test_weights_average_with_themselves(answer):
    """(3 log 4 + 1 log 2) / (3 + 1) = 7/4 log 2."""
    loss = answer(logits=ROWS, target=np.array([0, 1]), weight=np.array([3.0, 1.0]))
    np.testing.assert_allclose(loss, 1.75 * np.log(2))


def test_smoothing_gives_every_class_its_share(answer):
    """s = 1/2, two classes: targets (3/4, 1/4), so 3/4 log 4 + 1/4 log 4/3."""
    loss = answer(logits=ROWS[:1], target=np.array([0]), label_smoothing=0.5)
    np.testing.assert_allclose(loss, 0.75 * np.log(4) + 0.25 * np.log(4 / 3))


def test_the_gradient_is_p_minus_y_over_n(answer):
    """(1/4 - 1, 3/4) / 2 and (1/2, 1/2 - 1) / 2."""
    dlogits = answer.part("cross_entropy_backward", dloss=np.array(1.0), logits=ROWS, target=np.array([0, 1]))
    np.testing.assert_allclose(dlogits, [[-0.375, 0.375], [0.25, -0.25]])


def test_huber_is_a_square_inside_and_a_line_outside(answer):
    """Distances 1 and 5, delta 2: 1/2 and 2 (5 - 1) = 8; mean 4.25."""
    loss = answer.part("huber", prediction=np.array([1.0, 5.0]), target=np.zeros(2), delta=2.0)
    np.testing.assert_allclose(loss, 4.25)
