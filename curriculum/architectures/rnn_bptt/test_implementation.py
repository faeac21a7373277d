"""A recurrent network by pencil: one sequence, one number a step. Worked examples see the states, not the cache."""

import numpy as np


def one(*numbers):
    """Numbers of one sequence, one a step."""
    return np.array(numbers, dtype=float).reshape(-1, 1, 1)


WEIGHT = np.ones((1, 1))
NONE = np.zeros((1, 1))


def test_a_state_is_remembered_through_wh(answer):
    """Only the first step has an input, atanh(0.8); then h = tanh(1 * h): 0.8, tanh(0.8), tanh(tanh(0.8))."""
    hs = answer(x=one(np.arctanh(0.8), 0, 0), h0=NONE, wx=WEIGHT, wh=WEIGHT, b=np.zeros(1))
    np.testing.assert_allclose(hs.ravel(), [0.8, np.tanh(0.8), np.tanh(np.tanh(0.8))])


def test_the_first_state_and_the_bias_count(answer):
    """No input: h1 = tanh(2 * 0.5 - 1) = 0, and then tanh(2 * 0 - 1)."""
    hs = answer(x=one(0, 0), h0=np.array([[0.5]]), wx=WEIGHT, wh=2 * WEIGHT, b=np.array([-1.0]))
    np.testing.assert_allclose(hs.ravel(), [0.0, np.tanh(-1.0)])


# With all states 0 the slope of tanh is 1, and the network is linear: h_s = x_s + 2 h_(s-1) + b to first order.
AT_REST = {"x": one(0, 0, 0), "h0": NONE, "wx": WEIGHT, "wh": 2 * WEIGHT, "b": np.zeros(1)}


def test_a_gradient_doubles_with_each_step_back(answer):
    """The loss is the last state: 1 for its own input, 2 for the one before, 4, and 8 for h0; b is used three times."""
    dx, dh0, _, _, db = answer.part("rnn_backward", dhs=one(0, 0, 1), **AT_REST)
    np.testing.assert_allclose(dx.ravel(), [4, 2, 1])
    np.testing.assert_allclose(dh0.ravel(), [8])
    np.testing.assert_allclose(db, [7])


def test_losses_at_several_steps_add_up(answer):
    """Losses at steps 1 and 3: the first input gets 1 + 4."""
    dx = answer.part("rnn_backward", dhs=one(1, 0, 1), **AT_REST)[0]
    np.testing.assert_allclose(dx.ravel(), [5, 2, 1])


def test_chunks_of_two_steps_cut_between_step_two_and_three(answer):
    """Chunks (1, 2) and (3): the loss at step 3 stays there, the one at step 2 reaches step 1 and h0."""
    dx, dh0, _, _, db = answer.part("rnn_backward", dhs=one(0, 10, 1), **AT_REST, truncate=2)
    np.testing.assert_allclose(dx.ravel(), [20, 10, 1])
    np.testing.assert_allclose(dh0.ravel(), [40])
    np.testing.assert_allclose(db, [31])


def test_the_recurrent_weight_collects_from_every_step(answer):
    """h = w h with w = 1, h0 = 1e-6, so nearly linear: L = h2 has dL/dw = 2 h0, one part from each step."""
    dwh = answer.part(
        "rnn_backward", dhs=one(0, 1), x=one(0, 0), h0=np.array([[1e-6]]), wx=WEIGHT, wh=WEIGHT, b=np.zeros(1)
    )[3]
    np.testing.assert_allclose(dwh, [[2e-6]])
