"""NumPy: one array a layer, product, bias and activation written into it."""

import numpy as np


def mlp_forward(x, params, act="relu"):
    hidden, value = [], x
    for i, (w, b) in enumerate(params):
        value = value @ w.T
        value += b
        if i < len(params) - 1:
            if act == "relu":
                np.maximum(value, 0, out=value)
            elif act == "tanh":
                np.tanh(value, out=value)
            hidden.append(value)
    return value, hidden


def xor_params(low, high, like):
    """relu(x1 - x2) + relu(x2 - x1) is |x1 - x2|, wherever low lies."""
    w = np.array([[1, -1], [-1, 1]], like.dtype)
    return [(w, np.zeros(2, like.dtype)), (np.full((1, 2), 1 / (high - low), like.dtype), np.zeros(1, like.dtype))]
