"""An LSTM by pencil: one sequence, one unit, weights 0, so that the gates are what the bias says.

Worked examples get hidden states and cells as one array: hs, cs = answer(...).
"""

import numpy as np

OPEN, SHUT, HALF = 1000.0, -1000.0, 0.0  # a sigmoid of 1, 0 and 1/2
ZERO = {"wx": np.zeros((4, 1)), "wh": np.zeros((4, 1)), "h0": np.zeros((1, 1))}


def gates(i, f, g, o, c0=0.0, steps=1):
    """The arguments for these pre-activations of the four gates in every step."""
    return {"x": np.zeros((steps, 1, 1)), "c0": np.array([[c0]]), "b": np.array([i, f, g, o], float), **ZERO}


def test_shut_input_and_open_forget_gate_keep_the_cell(answer):
    """f = 1, i = 0: the cell stays 3 for four steps; the output gate is shut, so nobody sees it."""
    hs, cs = answer(**gates(SHUT, OPEN, 5.0, SHUT, c0=3.0, steps=4))
    np.testing.assert_array_equal(cs.ravel(), [3, 3, 3, 3])
    np.testing.assert_array_equal(hs.ravel(), [0, 0, 0, 0])


def test_open_gates_count(answer):
    """i = f = 1 and g = 1: the cell counts 1, 2, 3. With the output gate half open h is tanh(c) / 2."""
    hs, cs = answer(**gates(OPEN, OPEN, 1000.0, HALF, steps=3))
    np.testing.assert_allclose(cs.ravel(), [1, 2, 3])
    np.testing.assert_allclose(hs.ravel(), np.tanh([1, 2, 3]) / 2)


def test_all_at_zero_halves_the_cell(answer):
    """Pre-activations 0: gates 1/2, candidate 0. The cell 8 becomes 4, then 2."""
    hs, cs = answer(**gates(0, 0, 0, 0, c0=8.0, steps=2))
    np.testing.assert_allclose(cs.ravel(), [4, 2])
    np.testing.assert_allclose(hs.ravel(), np.tanh([4, 2]) / 2)


def test_a_gradient_of_the_cell_goes_back_through_the_forget_gates(answer):
    """Gates 1/2, candidate 0, c: 8, 4, 2. From the last cell, 1: half of it to step 1, a quarter to c0.

    z_f moves c by c_before f (1 - f) = c_before / 4: at step 2 1 * 4/4 = 1, at step 1 1/2 * 8/4 = 1, in sum 2.
    z_g moves c by i (1 - g^2) = 1/2: 1/2 and 1/4. z_i needs a candidate, z_o does not move the cell: 0.
    """
    dstates = np.zeros((2, 2, 1, 1))
    dstates[1, -1] = 1.0
    _, _, dc0, _, _, db = answer.part("lstm_backward", dstates=dstates, **gates(0, 0, 0, 0, c0=8.0, steps=2))
    np.testing.assert_allclose(dc0, [[0.25]])
    np.testing.assert_allclose(db, [0, 2, 0.75, 0])


def test_a_gradient_of_the_output_splits(answer):
    """One step, c0 = 0, open input gate, candidate 0: c = 0, h = o tanh(0) = 0, o = 1/2.

    The cell gets o * (1 - 0) = 1/2, and with it z_g: 1/2 * i * (1 - g^2) = 1/2. z_o gets tanh(c) o (1 - o) = 0.
    """
    dstates = np.zeros((2, 1, 1, 1))
    dstates[0] = 1.0
    _, _, dc0, _, _, db = answer.part("lstm_backward", dstates=dstates, **gates(OPEN, HALF, 0.0, HALF))
    np.testing.assert_allclose(dc0, [[0.25]])
    np.testing.assert_allclose(db, [0, 0, 0.5, 0])
