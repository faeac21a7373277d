"""Batch normalization by pencil: channels of two or three numbers, with eps = 0 so that roots are whole."""

import numpy as np

ONE, NONE = np.array([1.0]), np.array([0.0])


def test_a_channel_gets_mean_0_and_variance_1(answer):
    """The channel (1, 5) has mean 3 and variance 4: (1 - 3) / 2 and (5 - 3) / 2."""
    y = answer(x=np.array([[1.0], [5.0]]), gamma=ONE, beta=NONE, train=True, eps=0.0)
    np.testing.assert_allclose(y, [[-1.0], [1.0]])


def test_gamma_scales_and_beta_shifts_each_channel(answer):
    """Channels (1, 5) and (2, 4) both become (-1, 1); then 10 times plus 1, and 3 times plus 2."""
    x, gamma, beta = np.array([[1.0, 2.0], [5.0, 4.0]]), np.array([10.0, 3.0]), np.array([1.0, 2.0])
    y = answer(x=x, gamma=gamma, beta=beta, train=True, eps=0.0)
    np.testing.assert_allclose(y, [[-9.0, -1.0], [11.0, 5.0]])


def test_pixels_count_as_samples(answer):
    """One picture of one channel and 2 x 2 pixels, 0 0 2 2: mean 1, variance 1."""
    x = np.array([[[[0.0, 0.0], [2.0, 2.0]]]])
    np.testing.assert_allclose(answer(x=x, gamma=ONE, beta=NONE, train=True, eps=0.0), x - 1)


def test_running_statistics_move_a_tenth_of_the_way(answer):
    """From (0, 1) towards mean 3 and unbiased variance 8 of (1, 5): 0.1 * 3, and 0.9 * 1 + 0.1 * 8."""
    ((mean, var),) = answer.part("running", batches=[np.array([[1.0], [5.0]])], train=[True], gamma=ONE, beta=NONE)
    np.testing.assert_allclose(mean, [0.3])
    np.testing.assert_allclose(var, [1.7])


def test_before_any_training_evaluation_takes_mean_0_and_variance_1(answer):
    """The running statistics start there: with eps = 3 the divisor is 2."""
    y = answer(x=np.array([[6.0]]), gamma=ONE, beta=NONE, train=False, eps=3.0)
    np.testing.assert_allclose(y, [[3.0]])


def test_pushing_one_value_moves_all_of_its_channel(answer):
    """The channel (-1, 0, 1) times root of 3/2 (variance 2/3) with dy = (0, 1, 0): 1.2247 (dy - 1/3)."""
    dy = np.array([[0.0], [1.0], [0.0]])
    x = np.array([[-1.0], [0.0], [1.0]])
    dx, dgamma, dbeta = answer.part("backward", dy=dy, x=x, gamma=ONE, beta=NONE, train=True, eps=0.0)
    np.testing.assert_allclose(dx, np.sqrt(1.5) * np.array([[-1 / 3], [2 / 3], [-1 / 3]]))
    np.testing.assert_allclose(dgamma, [0.0], atol=1e-12)
    np.testing.assert_allclose(dbeta, [1.0])
