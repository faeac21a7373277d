"""Attention and its gradient, line by line as in the derivation. One file for numpy, torch and cupy (array API)."""

from array_api_compat import array_namespace


def _scale(q, scale):
    return q.shape[-1] ** -0.5 if scale is None else scale


def _weights(xp, q, k, mask, scale):
    """Softmax of the scaled scores over the keys (..., n, m); rows that may attend to nothing are zero."""
    scores = scale * xp.matmul(q, xp.matrix_transpose(k))
    if mask is not None:
        scores = xp.where(mask, scores, -xp.inf)
    top = xp.max(scores, axis=-1, keepdims=True)
    top = xp.where(top == -xp.inf, 0.0, top)  # nothing allowed: -inf - (-inf) would be nan
    terms = xp.exp(scores - top)
    total = xp.sum(terms, axis=-1, keepdims=True)
    return terms / xp.where(total == 0, 1.0, total)


def attention(q, k, v, mask=None, scale=None):
    xp = array_namespace(q, k, v)
    weights = _weights(xp, q, k, mask, _scale(q, scale))
    return xp.matmul(weights, v)


def attention_backward(dout, q, k, v, mask=None, scale=None):
    xp = array_namespace(dout, q, k, v)
    scale = _scale(q, scale)
    weights = _weights(xp, q, k, mask, scale)
    dv = xp.matmul(xp.matrix_transpose(weights), dout)
    dweights = xp.matmul(dout, xp.matrix_transpose(v))
    mean = xp.sum(weights * dweights, axis=-1, keepdims=True)
    dscores = weights * (dweights - mean)
    dq = scale * xp.matmul(dscores, k)
    dk = scale * xp.matmul(xp.matrix_transpose(dscores), q)
    return dq, dk, dv
