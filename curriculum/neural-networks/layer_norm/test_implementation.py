"""Worked examples for layer_norm: each can be checked with a pencil."""

import numpy as np


def test_a_row_is_measured_in_its_own_standard_deviations(answer):
    """[1, 3] has mean 2 and standard deviation 1, so it becomes [-1, 1]."""
    got = answer(x=np.array([[1.0, 3.0]]), gamma=np.ones(2), beta=np.zeros(2), eps=0.0)
    np.testing.assert_allclose(got, [[-1.0, 1.0]])


def test_gamma_scales_and_beta_shifts_each_column(answer):
    """Then gamma = [10, 100] and beta = [1, 2] make [-1, 1] into [-9, 102]."""
    got = answer(x=np.array([[1.0, 3.0]]), gamma=np.array([10.0, 100.0]), beta=np.array([1.0, 2.0]), eps=0.0)
    np.testing.assert_allclose(got, [[-9.0, 102.0]])


def test_eps_is_added_to_the_variance(answer):
    """[1, 3] has variance 1; with eps = 3 the root is 2, and [-1, 1] becomes [-0.5, 0.5]."""
    got = answer(x=np.array([1.0, 3.0]), gamma=np.ones(2), beta=np.zeros(2), eps=3.0)
    np.testing.assert_allclose(got, [-0.5, 0.5])


def test_rms_norm_divides_by_the_root_of_the_mean_square(answer):
    """[1, 7] has mean square (1 + 49) / 2 = 25, so it becomes [1/5, 7/5]; its mean of 4 stays in."""
    got = answer.part("rms_norm", x=np.array([[1.0, 7.0]]), gamma=np.ones(2), eps=0.0)
    np.testing.assert_allclose(got, [[0.2, 1.4]])


def test_dbeta_adds_the_rows_and_dgamma_weighs_them_with_xhat(answer):
    """Both rows have xhat = [-1, 1]: dgamma = -1 * (1 + 3), 1 * (2 + 4) and dbeta = 1 + 3, 2 + 4."""
    inputs = {"dy": np.array([[1.0, 2.0], [3.0, 4.0]]), "x": np.array([[1.0, 3.0], [0.0, 8.0]]), "gamma": np.ones(2)}
    _, dgamma, dbeta = answer.part("layer_norm_backward", **inputs, eps=0.0)
    np.testing.assert_allclose(dgamma, [-4.0, 6.0])
    np.testing.assert_allclose(dbeta, [4.0, 6.0])


def test_rms_norm_has_no_gradient_along_the_row(answer):
    """For x = dy = [1, 7] stretching x changes nothing, so dx = 0; across it, for dy = [7, -1], dx = dy / 5."""
    x, gamma = np.array([1.0, 7.0]), np.ones(2)
    along, _ = answer.part("rms_norm_backward", dy=x, x=x, gamma=gamma, eps=0.0)
    across, _ = answer.part("rms_norm_backward", dy=np.array([7.0, -1.0]), x=x, gamma=gamma, eps=0.0)
    np.testing.assert_allclose(along, [0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(across, [1.4, -0.2])
