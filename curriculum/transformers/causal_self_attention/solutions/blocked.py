"""Self-attention in blocks of queries, in NumPy: a block computes only the keys that it may see.

With a causal mask that is half of all scores, and only a square on the diagonal needs a mask at all. Padding is cut off
instead of masked. The three projections are one product, and softmax works in place on scores that stay in the cache.
"""

import numpy as np

ROWS = 128  # queries in a block


def _blocks(n, causal):
    """Slices of queries, and of the keys that they may see."""
    for start in range(0, n, ROWS):
        rows = slice(start, min(start + ROWS, n))
        yield rows, slice(0, rows.stop if causal else n)


def _sequences(x, lengths):
    return [(i, slice(0, x.shape[1] if lengths is None else int(lengths[i]))) for i in range(len(x))]


def _terms(q, k, start, causal):
    """exp(scores - maximum) of one block, q already scaled, and their sums; `start` is the place of its first query."""
    scores = q @ k.T
    if causal:
        square = scores[:, start:]
        square[np.triu(np.ones(square.shape, bool), 1)] = -np.inf
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    return scores, scores.sum(axis=-1, keepdims=True)


def _projected(x, wq, wk, wv):
    """Scaled queries, keys and values of all tokens, by one product."""
    joined = np.concatenate([wq * x.dtype.type(wq.shape[1] ** -0.5), wk, wv], axis=1)
    return np.split(x @ joined, [wq.shape[1], 2 * wq.shape[1]], axis=-1)


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    q, k, v = _projected(x, wq, wk, wv)
    out = np.zeros(v.shape, x.dtype)
    for i, real in _sequences(x, lengths):
        for rows, keys in _blocks(real.stop, causal):
            terms, total = _terms(q[i, rows], k[i, keys], rows.start, causal)
            np.matmul(terms, v[i, keys], out=out[i, rows])
            out[i, rows] /= total
    return out


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    q, k, v = _projected(x, wq, wk, wv)
    dq, dk, dv = (np.zeros(a.shape, x.dtype) for a in (q, k, v))
    for i, real in _sequences(x, lengths):
        for rows, keys in _blocks(real.stop, causal):
            weights, total = _terms(q[i, rows], k[i, keys], rows.start, causal)
            weights /= total
            dv[i, keys] += weights.T @ dout[i, rows]
            dscores = dout[i, rows] @ v[i, keys].T
            dscores -= np.einsum("rm,rm->r", weights, dscores)[:, None]
            dscores *= weights
            dq[i, rows] = dscores @ k[i, keys]
            dk[i, keys] += dscores.T @ q[i, rows]
    dq *= x.dtype.type(wq.shape[1] ** -0.5)
    flat = x.reshape(-1, x.shape[-1]).T
    gradients = [flat @ dy.reshape(-1, dy.shape[-1]) for dy in (dq, dk, dv)]
    return dq @ wq.T + dk @ wk.T + dv @ wv.T, *gradients
