"""The bias as one more column of weights; einsum; exclusive or as a bump between two thresholds."""

import numpy as np


def mlp_forward(x, params, act="relu"):
    bend = {"relu": lambda z: (np.abs(z) + z) / 2, "tanh": np.tanh, "identity": np.copy}[act]
    hidden = []
    rows = x
    while len(hidden) < len(params) - 1:
        rows = bend(layer(rows, *params[len(hidden)]))
        hidden.append(rows)
    return layer(rows, *params[-1]), tuple(hidden)


def layer(rows, w, b):
    wide = np.concatenate([w, b[:, None]], axis=1)
    padded = np.concatenate([rows, np.ones((len(rows), 1), rows.dtype)], axis=1)
    return np.einsum("ni,oi->no", padded, wide)


def xor_params(low, high, like):
    middle, gap = low + high, high - low  # 1 - |t| for t = (x1 + x2 - middle) / gap, which is -1, 0 or 1
    first = np.array([[1.0, 1.0], [-1.0, -1.0]]) / gap
    layers = [(first, np.array([-middle / gap, middle / gap])), (np.array([[-1.0, -1.0]]), np.array([1.0]))]
    return [(w.astype(like.dtype), b.astype(like.dtype)) for w, b in layers]
