"""Small networks by pencil."""

import numpy as np


def test_one_layer_is_a_linear_map(answer):
    """(1, 2) times the rows (3, 4) and (0, -30), plus (10, 20): 11 + 10 and -60 + 20. No activation cuts anything."""
    params = [(np.array([[3.0, 4.0], [0.0, -30.0]]), np.array([10.0, 20.0]))]
    y, hidden = answer(x=np.array([[1.0, 2.0]]), params=params)
    np.testing.assert_array_equal(y, [[21.0, -40.0]])
    assert len(hidden) == 0


def test_two_layers_with_relu(answer):
    """x = 2: hidden (2 - 1, -2) becomes (1, 0); the output is 5 * 1 + 7 * 0 - 8 = -3, negative and left alone."""
    params = [(np.array([[1.0], [-1.0]]), np.array([-1.0, 0.0])), (np.array([[5.0, 7.0]]), np.array([-8.0]))]
    y, hidden = answer(x=np.array([[2.0]]), params=params)
    np.testing.assert_array_equal(hidden[0], [[1.0, 0.0]])
    np.testing.assert_array_equal(y, [[-3.0]])


def test_each_row_is_a_sample(answer):
    """The absolute value as relu(x) + relu(-x), on three samples at once."""
    params = [(np.array([[1.0], [-1.0]]), np.zeros(2)), (np.array([[1.0, 1.0]]), np.zeros(1))]
    y, _ = answer(x=np.array([[-3.0], [0.0], [2.0]]), params=params, act="relu")
    np.testing.assert_array_equal(y, [[3.0], [0.0], [2.0]])


def test_tanh_between_layers(answer):
    """tanh(log(3) / 2) is 1/2; then 4 * 1/2 + 1."""
    params = [(np.array([[1.0]]), np.zeros(1)), (np.array([[4.0]]), np.ones(1))]
    y, _ = answer(x=np.array([[np.log(3.0) / 2]]), params=params, act="tanh")
    np.testing.assert_allclose(y, [[3.0]])


def test_exclusive_or_of_0_and_1(answer):
    """The network is yours; its four answers are not."""
    (w1, b1), (w2, b2) = answer.part("xor_params", low=0.0, high=1.0, like=np.array(0.0))
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.maximum(x @ w1.T + b1, 0) @ w2.T + b2
    np.testing.assert_allclose(y[:, 0], [0.0, 1.0, 1.0, 0.0], atol=1e-12)
