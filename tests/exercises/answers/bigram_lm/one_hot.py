"""Everything as products of one-hot matrices: X^T Y counts the pairs, and the network is X W."""

from itertools import pairwise

import numpy as np


def one_hot(ids, vocab):
    return (ids[:, None] == np.arange(vocab)).astype(np.float64)


def fit(ids, vocab, alpha=1.0):
    hot = one_hot(ids, vocab)
    counts = hot[:-1].T @ hot[1:] + alpha
    counts[counts.sum(1) == 0] = 1.0
    with np.errstate(divide="ignore"):
        return np.log(counts) - np.log(counts.sum(1, keepdims=True))


def nll(logp, ids):
    if ids.size < 2:
        raise ValueError("no transitions")
    return -np.mean(np.array([logp[i][j] for i, j in pairwise(ids)]))


def perplexity(logp, ids):
    if ids.size < 2:
        raise ValueError("no transitions")
    return np.prod(np.exp(-logp[ids[:-1], ids[1:]] / (len(ids) - 1)))


def bits_per_char(logp, ids, characters):
    if ids.size < 2:
        raise ValueError("no transitions")
    return np.sum(-logp[ids[:-1], ids[1:]]) / characters * np.log2(np.e).astype(logp.dtype)


def fit_neural(ids, vocab, lr, steps):
    x, y = one_hot(ids[:-1], vocab), one_hot(ids[1:], vocab)
    w = np.zeros((vocab, vocab))
    for _ in range(steps):
        logits = x @ w
        logits -= logits.max(1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(1, keepdims=True)
        w -= lr * (x.T @ (p - y)) / len(x)
    return w


def sample(logp, start, n, rng):
    out = np.zeros(n, dtype=np.int64)
    for t in range(n):
        # the largest of logp plus Gumbel noise is a draw from softmax
        start = int(np.argmax(logp[start] + rng.gumbel(size=len(logp))))
        out[t] = start
    return out
