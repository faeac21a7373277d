"""Attention in tiles with a running maximum and sum (online softmax), in NumPy: the idea of FlashAttention on a CPU.

No (n, m) array exists: a tile of scores stays in the cache from its product to its last use, exp works in place, the division
by the sum is done on (n, e) instead of (n, m), and a tile that no query of it may attend to costs nothing.
Sources: Milakov and Gimelshein 2018, https://arxiv.org/abs/1805.02867; Dao et al. 2022, https://arxiv.org/abs/2205.14135
"""

import numpy as np

ROWS, TILE = 256, 2**17  # queries in a block; scores in a tile: 512 kB of float32, a quarter of a usual L2 cache


def _blocks(length, step):
    return [slice(start, start + step) for start in range(0, length, step)]


def _hidden(mask, q, k):
    """True where a query may not attend, as a view of shape (..., n, m); None if there is no mask."""
    return None if mask is None else np.broadcast_to(~mask, (*q.shape[:-1], k.shape[-2]))


def _scores(q, k, hidden):
    """Scores of one tile, q already scaled, -inf where hidden."""
    scores = q @ k.T
    if hidden is not None:
        np.copyto(scores, -np.inf, where=hidden)
    return scores


def _attend(q, k, v, hidden, out):
    """One block of queries of one head: q (r, d) scaled, k (m, d), v (m, e), hidden (r, m) or None; fills out (r, e)."""
    top = np.full((len(q), 1), -np.inf, q.dtype)
    total = np.zeros_like(top)
    out[...] = 0
    for columns in _blocks(len(k), TILE // len(q)):
        tile = None if hidden is None else hidden[:, columns]
        if tile is not None and tile.all():
            continue
        scores = _scores(q, k[columns], tile)
        higher = np.maximum(top, scores.max(axis=-1, keepdims=True))
        anchor = np.where(higher == -np.inf, 0, higher)
        scores -= anchor
        np.exp(scores, out=scores)
        shrink = np.exp(top - anchor)  # what was summed so far was relative to the old maximum
        total *= shrink
        total += scores.sum(axis=-1, keepdims=True)
        out *= shrink
        out += scores @ v[columns]
        top = higher
    out /= np.where(total == 0, 1, total)


def attention(q, k, v, mask=None, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    hidden = _hidden(mask, q, k)
    out = np.empty((*q.shape[:-1], v.shape[-1]), q.dtype)
    for head in np.ndindex(q.shape[:-2]):
        for rows in _blocks(q.shape[-2], ROWS):
            here = (*head, rows)
            _attend(scale * q[here], k[head], v[head], None if hidden is None else hidden[here], out[here])
    return out


def _weights(q, k, hidden):
    """All weights of one block of queries, (r, m)."""
    weights = _scores(q, k, hidden)
    top = weights.max(axis=-1, keepdims=True)
    weights -= np.where(top == -np.inf, 0, top)
    np.exp(weights, out=weights)
    total = weights.sum(axis=-1, keepdims=True)
    weights /= np.where(total == 0, 1, total)
    return weights


def attention_backward(dout, q, k, v, mask=None, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    hidden = _hidden(mask, q, k)
    dq, dk, dv = np.empty_like(q), np.zeros_like(k), np.zeros_like(v)
    for head in np.ndindex(q.shape[:-2]):
        for rows in _blocks(q.shape[-2], ROWS):
            here = (*head, rows)
            scaled = scale * q[here]
            weights = _weights(scaled, k[head], None if hidden is None else hidden[here])
            dv[head] += weights.T @ dout[here]
            dscores = dout[here] @ v[head].T
            dscores -= np.einsum("rm,rm->r", weights, dscores)[:, None]
            dscores *= weights
            np.matmul(dscores, k[head], out=dq[here])
            dk[head] += dscores.T @ scaled
    dq *= scale
    return dq, dk, dv
