"""Self-attention and its gradient, line by line as in the derivation. One file for numpy,
torch and cupy (array API)."""

from array_api_compat import array_namespace, device


def _allowed(xp, x, causal, lengths):
    """True where a token (row) may attend to a token (column): (t, t), or (b, t, t) if lengths are given."""
    place = xp.arange(x.shape[1], device=device(x))
    query, key = place[:, None], place[None, :]
    allowed = key <= query if causal else key == key  # the latter is True everywhere
    if lengths is not None:
        real = place[None, :] < lengths[:, None]
        allowed = allowed & real[:, None, :] & real[:, :, None]
    return allowed


def _weights(xp, q, k, allowed):
    """Softmax of the scaled scores over the allowed keys (b, t, t); a row without any is zero."""
    scores = q.shape[-1] ** -0.5 * xp.matmul(q, xp.matrix_transpose(k))
    scores = xp.where(allowed, scores, -xp.inf)
    top = xp.max(scores, axis=-1, keepdims=True)
    top = xp.where(top == -xp.inf, 0.0, top)  # nothing allowed: -inf - (-inf) would be nan
    terms = xp.exp(scores - top)
    total = xp.sum(terms, axis=-1, keepdims=True)
    return terms / xp.where(total == 0, 1.0, total)


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    xp = array_namespace(x)
    q, k, v = xp.matmul(x, wq), xp.matmul(x, wk), xp.matmul(x, wv)
    weights = _weights(xp, q, k, _allowed(xp, x, causal, lengths))
    return xp.matmul(weights, v)


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    xp = array_namespace(x)
    q, k, v = xp.matmul(x, wq), xp.matmul(x, wk), xp.matmul(x, wv)
    weights = _weights(xp, q, k, _allowed(xp, x, causal, lengths))
    dv = xp.matmul(xp.matrix_transpose(weights), dout)
    dweights = xp.matmul(dout, xp.matrix_transpose(v))
    mean = xp.sum(weights * dweights, axis=-1, keepdims=True)
    dscores = q.shape[-1] ** -0.5 * weights * (dweights - mean)
    dq = xp.matmul(dscores, k)
    dk = xp.matmul(xp.matrix_transpose(dscores), q)
    dx = xp.matmul(dq, wq.T) + xp.matmul(dk, wk.T) + xp.matmul(dv, wv.T)
    return dx, _weight_gradient(xp, x, dq), _weight_gradient(xp, x, dk), _weight_gradient(xp, x, dv)


def _weight_gradient(xp, x, dy):
    """The gradient of w where y = x w: over all tokens of all sequences."""
    return xp.sum(xp.matmul(xp.matrix_transpose(x), dy), axis=0)
