"""Multi-head attention and its gradient, step by step with every shape. One file for numpy,
torch and cupy (array API)."""

from array_api_compat import array_namespace


def _split(xp, x, heads):
    """(b, n, d) to (b, heads, n, d / heads): the heads become a second batch axis."""
    b, n, d = x.shape
    return xp.permute_dims(xp.reshape(x, (b, n, heads, d // heads)), (0, 2, 1, 3))


def _join(xp, x):
    """(b, heads, n, width) to (b, n, heads * width): the inverse of _split."""
    b, heads, n, width = x.shape
    return xp.reshape(xp.permute_dims(x, (0, 2, 1, 3)), (b, n, heads * width))


def _projected(xp, i, x, in_proj, in_bias, heads):
    """Queries (i = 0), keys (1) or values (2) of every head."""
    d = x.shape[-1]
    if d % heads != 0:
        raise ValueError(f"{heads} heads do not divide a width of {d}")
    rows = slice(i * d, (i + 1) * d)
    return _split(xp, xp.matmul(x, in_proj[rows, :].T) + in_bias[rows], heads)


def _softmax(xp, scores, mask):
    """Over the last axis; rows without an allowed entry are zero."""
    if mask is not None:
        scores = xp.where(mask, scores, -xp.inf)
    top = xp.max(scores, axis=-1, keepdims=True)
    top = xp.where(top == -xp.inf, 0.0, top)  # nothing allowed: -inf - (-inf) would be nan
    terms = xp.exp(scores - top)
    total = xp.sum(terms, axis=-1, keepdims=True)
    return terms / xp.where(total == 0, 1.0, total)


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    xp = array_namespace(q)
    queries = _projected(xp, 0, q, in_proj, in_bias, heads)
    keys = _projected(xp, 1, k, in_proj, in_bias, heads)
    scale = queries.shape[-1] ** -0.5
    return _softmax(xp, scale * xp.matmul(queries, xp.matrix_transpose(keys)), mask)


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    xp = array_namespace(q)
    weights = head_weights(q, k, in_proj, in_bias, heads, mask)
    values = _projected(xp, 2, v, in_proj, in_bias, heads)
    joined = _join(xp, xp.matmul(weights, values))
    return xp.matmul(joined, out_proj.T) + out_bias


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    xp = array_namespace(q)
    queries = _projected(xp, 0, q, in_proj, in_bias, heads)
    keys = _projected(xp, 1, k, in_proj, in_bias, heads)
    values = _projected(xp, 2, v, in_proj, in_bias, heads)
    weights = head_weights(q, k, in_proj, in_bias, heads, mask)
    means = xp.matmul(weights, values)

    dmeans = _split(xp, xp.matmul(dout, out_proj), heads)
    dvalues = xp.matmul(xp.matrix_transpose(weights), dmeans)
    dweights = xp.matmul(dmeans, xp.matrix_transpose(values))
    mean = xp.sum(dmeans * means, axis=-1, keepdims=True)  # of dweights, under the weights
    dscores = queries.shape[-1] ** -0.5 * weights * (dweights - mean)
    dqueries = xp.matmul(dscores, keys)
    dkeys = xp.matmul(xp.matrix_transpose(dscores), queries)

    din = [_join(xp, part) for part in (dqueries, dkeys, dvalues)]
    d = q.shape[-1]
    dq, dk, dv = (xp.matmul(part, in_proj[i * d : (i + 1) * d, :]) for i, part in enumerate(din))
    din_proj = xp.concat([_weight_gradient(xp, part, x) for part, x in zip(din, (q, k, v), strict=True)], axis=0)
    din_bias = xp.concat([xp.sum(part, axis=(0, 1)) for part in din], axis=0)
    return dq, dk, dv, din_proj, din_bias, _weight_gradient(xp, dout, _join(xp, means)), xp.sum(dout, axis=(0, 1))


def _weight_gradient(xp, dy, x):
    """The gradient of w where y = x w^T + bias: over all tokens of the batch."""
    return xp.sum(xp.matmul(xp.matrix_transpose(dy), x), axis=0)
