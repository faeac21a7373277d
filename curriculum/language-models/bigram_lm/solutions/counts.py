"""The same with the text read once: a table of counts holds all that a bigram model can learn from it."""

import numpy as np


def _counts(ids, vocab):
    """How often each pair occurs, (vocab, vocab). A pair as one number, so that bincount counts it in one pass."""
    pairs = ids[:-1] * vocab
    pairs += ids[1:]
    return np.bincount(pairs, minlength=vocab * vocab).reshape(vocab, vocab)


def fit(ids, vocab, alpha=1.0):
    smoothed = _counts(ids, vocab) + float(alpha)
    totals = smoothed.sum(axis=1)
    smoothed[totals == 0] = 1
    smoothed /= smoothed.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return np.log(smoothed, out=smoothed)


def nll(logp, ids):
    if len(ids) < 2:
        raise ValueError("a text of fewer than two tokens has no transition")
    return -logp[ids[:-1], ids[1:]].mean()


def perplexity(logp, ids):
    return np.exp(nll(logp, ids))


def bits_per_char(logp, ids, characters):
    return nll(logp, ids) * logp.dtype.type((len(ids) - 1) / (np.log(2) * characters))


def fit_neural(ids, vocab, lr, steps):
    """The gradient of row i is (count_i softmax(w_i) - counts_i) / (n - 1): no step needs the text again."""
    counts = _counts(ids, vocab)
    followed = np.flatnonzero(counts.sum(axis=1))
    wanted = counts[followed] / (len(ids) - 1)
    weight = wanted.sum(axis=1, keepdims=True)
    rows = np.zeros(wanted.shape)
    for _ in range(steps):
        probs = np.exp(rows - rows.max(axis=1, keepdims=True))
        probs *= weight / probs.sum(axis=1, keepdims=True)
        rows -= lr * (probs - wanted)
    w = np.zeros((vocab, vocab))
    w[followed] = rows
    return w


def sample(logp, start, n, rng):
    cumulative = np.exp(logp, dtype=np.float64).cumsum(axis=1)
    cumulative /= cumulative[:, -1:]
    drawn, token = [], start
    for u in rng.random(n).tolist():
        token = int(cumulative[token].searchsorted(u, side="right"))
        drawn.append(token)
    return np.array(drawn, np.int64)
