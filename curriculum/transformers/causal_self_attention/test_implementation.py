"""Self-attention by pencil: tokens of 2 and 4 with weights of 1/2, and of 1/4 and 3/4."""

import numpy as np

ZERO, ONE = np.array([[0.0]]), np.array([[1.0]])


def test_without_queries_all_tokens_get_the_mean(answer):
    """wq = 0 makes all scores 0: without a mask each token gets the mean of the values 2, 4 and 6."""
    x = np.array([[[2.0], [4.0], [6.0]]])
    np.testing.assert_allclose(answer(x=x, wq=ZERO, wk=ONE, wv=ONE), [[[4.0], [4.0], [4.0]]])


def test_a_causal_token_sees_itself_and_what_came_before(answer):
    """All scores are 0, so each token gets the mean so far: 2, then (2 + 4) / 2, then (2 + 4 + 6) / 3."""
    x = np.array([[[2.0], [4.0], [6.0]]])
    np.testing.assert_allclose(answer(x=x, wq=ZERO, wk=ONE, wv=ONE, causal=True), [[[2.0], [3.0], [4.0]]])


def test_padding_is_neither_seen_nor_answered(answer):
    """The second sequence has two tokens: their mean is 3, the 100 behind them is not in it and gets 0."""
    x = np.array([[[2.0], [4.0], [6.0]], [[2.0], [4.0], [100.0]]])
    got = answer(x=x, wq=ZERO, wk=ONE, wv=ONE, lengths=np.array([3, 2]))
    np.testing.assert_allclose(got, [[[4.0], [4.0], [4.0]], [[3.0], [3.0], [0.0]]])


def test_scores_are_divided_by_the_root_of_the_width_of_queries(answer):
    """Tokens 0 and 1, four columns of root(log(3) / 2): the second scores 0 and 4 (log(3) / 2) / 2 = log 3,
    weights 1/4 and 3/4."""
    half = np.full((1, 4), np.sqrt(np.log(3.0) / 2))
    got = answer(x=np.array([[[0.0], [1.0]]]), wq=half, wk=half, wv=np.array([[8.0]]))
    np.testing.assert_allclose(got, [[[4.0], [6.0]]])


def test_the_gradient_takes_three_paths(answer):
    """Tokens 1 and 3, all weights 1/2 as wq = 0: values pass on 1/2 + 1/2 each; the rest goes into wq alone."""
    x, dout = np.array([[[1.0], [3.0]]]), np.array([[[1.0], [1.0]]])
    dx, dwq, dwk, dwv = answer.part("self_attention_backward", dout=dout, x=x, wq=ZERO, wk=ONE, wv=ONE)
    # scores get 1/2 (1 - 2) and 1/2 (3 - 2) in each row, so dq = -1/2 * 1 + 1/2 * 3 = 1 for both,
    # and wq carries nothing to x
    np.testing.assert_allclose(dx, [[[1.0], [1.0]]])
    np.testing.assert_allclose(dwq, [[1.0 * 1 + 3.0 * 1]])
    np.testing.assert_allclose(dwk, [[0.0]])
    np.testing.assert_allclose(dwv, [[1.0 + 3.0]])
