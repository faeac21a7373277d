"""Counting, scoring, descent and drawing, as they are defined. Plain NumPy."""

import numpy as np


def fit(ids, vocab, alpha=1.0):
    counts = np.zeros((vocab, vocab))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)  # counts[i, j] += 1 would count a repeated pair once
    smoothed = counts + alpha
    totals = smoothed.sum(axis=1, keepdims=True)
    smoothed = np.where(totals == 0, 1, smoothed)
    totals = np.where(totals == 0, vocab, totals)
    with np.errstate(divide="ignore"):
        return np.log(smoothed / totals)


def nll(logp, ids):
    if len(ids) < 2:
        raise ValueError("a text of fewer than two tokens has no transition")
    return -logp[ids[:-1], ids[1:]].mean()


def perplexity(logp, ids):
    return np.exp(nll(logp, ids))


def bits_per_char(logp, ids, characters):
    nats = nll(logp, ids) * (len(ids) - 1)
    return nats / np.log(2).astype(logp.dtype) / characters


def fit_neural(ids, vocab, lr, steps):
    now, later = ids[:-1], ids[1:]
    w = np.zeros((vocab, vocab))
    for _ in range(steps):
        logits = w[now]
        probs = np.exp(logits - logits.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
        dlogits = probs - np.eye(vocab)[later]
        gradient = np.zeros_like(w)
        np.add.at(gradient, now, dlogits / len(now))
        w = w - lr * gradient
    return w


def sample(logp, start, n, rng):
    cumulative = np.cumsum(np.exp(logp), axis=1)
    drawn, token = np.empty(n, np.int64), start
    for t in range(n):
        row = cumulative[token]
        token = np.searchsorted(row, rng.random() * row[-1], side="right")
        drawn[t] = token
    return drawn
