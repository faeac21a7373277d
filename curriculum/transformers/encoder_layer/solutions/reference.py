"""The encoder layer in NumPy, sublayer by sublayer."""

import math

import numpy as np

erf = np.frompyfunc(math.erf, 1, 1)


def _linear(x, state, name):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def _norm(x, state, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred**2, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]


def _weights(scores, hidden):
    """Softmax over the keys that are not hidden; a row without any is zero."""
    if hidden is not None:
        scores = np.where(hidden, -np.inf, scores)
    top = scores.max(axis=-1, keepdims=True)
    terms = np.exp(scores - np.where(top == -np.inf, 0, top))
    total = terms.sum(axis=-1, keepdims=True)
    return terms / np.where(total == 0, 1, total)


def _split(x, heads):
    b, t, d = x.shape
    return x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)


def _attention(x, state, heads, key_padding):
    d = x.shape[-1]
    projected = x @ state["self_attn.in_proj_weight"].T + state["self_attn.in_proj_bias"]
    q, k, v = (_split(projected[..., i * d : (i + 1) * d], heads) for i in range(3))
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(d // heads)
    weights = _weights(scores, None if key_padding is None else key_padding[:, None, None, :])
    return _linear((weights @ v).transpose(0, 2, 1, 3).reshape(x.shape), state, "self_attn.out_proj")


def _activation(x, act):
    if act == "relu":
        return np.maximum(x, 0)
    if act == "gelu":
        return x * (1 + erf(x / math.sqrt(2)).astype(x.dtype)) / 2
    raise ValueError(f"act is {act!r}, not 'relu' or 'gelu'")


def _network(x, state, act):
    return _linear(_activation(_linear(x, state, "linear1"), act), state, "linear2")


def encoder_layer(x, state, heads, norm_first=False, act="relu", key_padding=None):
    if norm_first:
        y = x + _attention(_norm(x, state, "norm1"), state, heads, key_padding)
        return y + _network(_norm(y, state, "norm2"), state, act)
    y = _norm(x + _attention(x, state, heads, key_padding), state, "norm1")
    return _norm(y + _network(y, state, act), state, "norm2")
