"""Entropies by pencil: powers of two."""

import numpy as np

LOG2 = np.log(2)


def test_eight_equal_outcomes_are_three_bits(answer):
    np.testing.assert_allclose(answer(p=np.full(8, 1 / 8), base=2), 3.0)


def test_the_average_of_one_two_and_two_questions(answer):
    """Probabilities 1/2, 1/4, 1/4 take 1, 2, 2 questions: 1/2 + 2/4 + 2/4 = 1.5 bits."""
    np.testing.assert_allclose(answer(p=np.array([0.5, 0.25, 0.25]), base=2), 1.5)
    np.testing.assert_allclose(answer(p=np.array([0.5, 0.25, 0.25])), 1.5 * LOG2)


def test_what_is_certain_has_no_entropy(answer):
    assert answer(p=np.array([0.0, 1.0, 0.0])) == 0.0


def test_the_wrong_code_costs_more(answer):
    """Code lengths 1, 2, 2 bits for q; used on p = (1/4, 1/4, 1/2) they take 1/4 + 2/4 + 2/2 = 1.75 bits."""
    p, q = np.array([0.25, 0.25, 0.5]), np.array([0.5, 0.25, 0.25])
    np.testing.assert_allclose(answer.part("cross_entropy", p=p, q=q), 1.75 * LOG2)


def test_what_q_holds_impossible_is_an_infinite_surprise(answer):
    got = answer.part("cross_entropy", p=np.array([[0.5, 0.5], [1.0, 0.0]]), q=np.array([[1.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_array_equal(got, [np.inf, 0.0])


def test_one_row_is_certain_the_other_a_coin(answer):
    """Row 0 has probability 1/2 and tells the column; row 1 leaves one bit: H(Y|X) = 1/2, H(X, Y) = 1 + 1/2."""
    p = np.array([[0.5, 0.0], [0.25, 0.25]])
    np.testing.assert_allclose(answer.part("conditional_entropy", p=p), 0.5 * LOG2)
    np.testing.assert_allclose(answer.part("joint_entropy", p=p), 1.5 * LOG2)
