"""Multi-head attention head by head and block by block, in NumPy:
scores stay in the cache from their product to their last use.

The projections are products of two matrices over all tokens, and each head reads and writes its columns in place,
so that nothing is transposed or copied; softmax works in place, and its division is done on the (n, d / heads) output.
"""

import numpy as np

ROWS, ALL = 256, slice(None)  # queries in a block


def _projected(i, x, in_proj, in_bias):
    """Queries (i = 0), keys (1) or values (2) of all heads, side by side."""
    d = x.shape[-1]
    rows = slice(i * d, (i + 1) * d)
    y = x.reshape(-1, d) @ in_proj[rows].T
    y += in_bias[rows]
    return y.reshape(x.shape)


def _scaled_queries(q, in_proj, in_bias, heads):
    if q.shape[-1] % heads != 0:
        raise ValueError(f"{heads} heads do not divide a width of {q.shape[-1]}")
    queries = _projected(0, q, in_proj, in_bias)
    queries *= q.dtype.type((q.shape[-1] // heads) ** -0.5)
    return queries


def _blocks(q, k, heads, mask):
    """For each sequence, head and block of queries: its place among queries and among keys, its weights' place,
    what is hidden."""
    b, n, d = q.shape
    hidden = None if mask is None else np.broadcast_to(~mask, (b, heads, n, k.shape[1]))
    for i, head, start in np.ndindex(b, heads, -(-n // ROWS)):
        rows, columns = slice(start * ROWS, (start + 1) * ROWS), slice(head * d // heads, (head + 1) * d // heads)
        place = (i, head, rows)
        yield (i, rows, columns), (i, ALL, columns), place, None if hidden is None else hidden[place]


def _terms(queries, keys, hidden):
    """exp(scores - maximum) of one block, queries already scaled, and their sums (1 where there is nothing to sum)."""
    scores = queries @ keys.T
    if hidden is not None:
        np.copyto(scores, -np.inf, where=hidden)
    top = scores.max(axis=-1, keepdims=True)
    scores -= np.where(top == -np.inf, 0, top)
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    return scores, np.where(total == 0, 1, total)


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    queries, keys = _scaled_queries(q, in_proj, in_bias, heads), _projected(1, k, in_proj, in_bias)
    out = np.empty((len(q), heads, q.shape[1], k.shape[1]), q.dtype)
    for here, there, place, hidden in _blocks(q, k, heads, mask):
        terms, total = _terms(queries[here], keys[there], hidden)
        np.divide(terms, total, out=out[place])
    return out


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    queries, keys = _scaled_queries(q, in_proj, in_bias, heads), _projected(1, k, in_proj, in_bias)
    values = _projected(2, v, in_proj, in_bias)
    joined = np.empty_like(q)
    for here, there, _, hidden in _blocks(q, k, heads, mask):
        terms, total = _terms(queries[here], keys[there], hidden)
        np.divide(terms @ values[there], total, out=joined[here])
    out = joined.reshape(-1, q.shape[-1]) @ out_proj.T
    out += out_bias
    return out.reshape(q.shape)


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    d = q.shape[-1]
    queries, keys = _scaled_queries(q, in_proj, in_bias, heads), _projected(1, k, in_proj, in_bias)
    values = _projected(2, v, in_proj, in_bias)
    dmeans = (dout.reshape(-1, d) @ out_proj).reshape(q.shape)
    joined, din = np.empty_like(q), [np.zeros_like(x) for x in (q, k, v)]
    dqueries, dkeys, dvalues = din
    for here, there, _, hidden in _blocks(q, k, heads, mask):
        weights, total = _terms(queries[here], keys[there], hidden)
        weights /= total
        joined[here] = weights @ values[there]
        dvalues[there] += weights.T @ dmeans[here]
        dscores = dmeans[here] @ values[there].T
        dscores -= np.einsum("nw,nw->n", dmeans[here], joined[here])[:, None]  # the mean of dweights under the weights
        dscores *= weights
        dqueries[here] = dscores @ keys[there]
        dkeys[there] += dscores.T @ queries[here]
    dqueries *= q.dtype.type((d // heads) ** -0.5)
    flat = [part.reshape(-1, d) for part in din]
    dx = (part @ in_proj[i * d : (i + 1) * d] for i, part in enumerate(flat))
    dq, dk, dv = (dy.reshape(x.shape) for dy, x in zip(dx, (q, k, v), strict=True))
    din_proj = np.concatenate([part.T @ x.reshape(-1, d) for part, x in zip(flat, (q, k, v), strict=True)])
    din_bias = np.concatenate([part.sum(axis=0) for part in flat])
    flat_dout = dout.reshape(-1, d)
    return dq, dk, dv, din_proj, din_bias, flat_dout.T @ joined.reshape(-1, d), flat_dout.sum(axis=0)
