"""The formulas of the reference in the array API's functions: one file for numpy, torch and CuPy."""

from array_api_compat import array_namespace


def softmax(x, axis=-1, temperature=1.0):
    xp = array_namespace(x)
    weights = xp.exp((x - xp.max(x, axis=axis, keepdims=True)) / temperature)
    return weights / xp.sum(weights, axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    xp = array_namespace(x)
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


def logsumexp(x, axis=-1):
    xp = array_namespace(x)
    top = xp.max(x, axis=axis, keepdims=True)
    anchor = xp.where(xp.isfinite(top), top, 0.0)  # a row of -inf: -inf - (-inf) would be nan
    total = xp.sum(xp.exp(x - anchor), axis=axis)
    return xp.log(total) + xp.squeeze(anchor, axis=axis)


def softmax_backward(dy, y):
    xp = array_namespace(dy, y)
    return y * (dy - xp.sum(dy * y, axis=-1, keepdims=True))
