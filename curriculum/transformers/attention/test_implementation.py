"""Attention by pencil: weights of 1/2, 1/3 and 1/4."""

import numpy as np


def test_equal_scores_average_the_values(answer):
    """A query of zeros has score 0 with every key, so the output is the plain mean of 2 and 4."""
    q, k, v = np.zeros((1, 2)), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0], [4.0]])
    np.testing.assert_allclose(answer(q=q, k=k, v=v), [[3.0]])


def test_scores_are_divided_by_the_root_of_d(answer):
    """With d = 4 the scores 2 log 3 and 0 become log 3 and 0: weights 3/4 and 1/4, output 3/4 * 4 + 1/4 * 8 = 5."""
    q, k, v = np.full((1, 4), 0.5), np.array([[np.log(3.0)] * 4, [0.0] * 4]), np.array([[4.0], [8.0]])
    np.testing.assert_allclose(answer(q=q, k=k, v=v), [[5.0]])


def test_a_hidden_key_leaves_the_mean_to_the_others(answer):
    """All scores are 0, and the third key is hidden: the mean of 1 and 3, without the 100."""
    q, k, v = np.zeros((1, 2)), np.ones((3, 2)), np.array([[1.0], [3.0], [100.0]])
    np.testing.assert_allclose(answer(q=q, k=k, v=v, mask=np.array([[True, True, False]])), [[2.0]])


def test_a_query_that_may_attend_to_nothing_gets_zeros(answer):
    """The first query sees both keys and gets their mean, the second sees none and gets 0."""
    q, k, v = np.zeros((2, 2)), np.ones((2, 2)), np.array([[1.0], [3.0]])
    mask = np.array([[True, True], [False, False]])
    np.testing.assert_allclose(answer(q=q, k=k, v=v, mask=mask), [[2.0], [0.0]])


def test_heads_are_apart(answer):
    """Two heads with one key each: every output is the only value of its own head."""
    q, k, v = np.ones((1, 2, 1, 3)), np.ones((1, 2, 1, 3)), np.array([[[[5.0]], [[7.0]]]])
    np.testing.assert_allclose(answer(q=q, k=k, v=v), [[[[5.0]], [[7.0]]]])


def test_the_gradient_of_two_equal_weights(answer):
    """Weights 1/2, values 2 and 4, dout = 1: dv is 1/2 each, the scores get 1/2 * (2 - 3) and 1/2 * (4 - 3), and d = 1."""
    one = np.array([[1.0]])
    x = {"q": np.array([[0.0]]), "k": np.array([[1.0], [3.0]]), "v": np.array([[2.0], [4.0]])}
    dq, dk, dv = answer.part("attention_backward", dout=one, **x)
    np.testing.assert_allclose(dq, [[-0.5 * 1 + 0.5 * 3]])
    np.testing.assert_allclose(dk, [[0.0], [0.0]])  # dk is dscores times q, and q is 0
    np.testing.assert_allclose(dv, [[0.5], [0.5]])
