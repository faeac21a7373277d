"""Counts in a dictionary, sums in Python: no array operation but at the borders."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np


def fit(ids, vocab, alpha=1.0):
    pairs = Counter(pairwise(ids.tolist()))
    table = []
    for i in range(vocab):
        row = [pairs[i, j] + alpha for j in range(vocab)]
        total = math.fsum(row)
        probs = [c / total for c in row] if total else [1 / vocab] * vocab
        table.append([math.log(p) if p else -math.inf for p in probs])
    return np.array(table)


def nll(logp, ids):
    surprises = [-float(logp[i, j]) for i, j in pairwise(ids.tolist())]
    if not surprises:
        raise ValueError("nothing to predict")
    return np.asarray(sum(surprises) / len(surprises), dtype=logp.dtype)


def perplexity(logp, ids):
    return np.asarray(math.exp(nll(logp, ids)), dtype=logp.dtype)


def bits_per_char(logp, ids, characters):
    total = len(ids) - 1
    return np.asarray(float(nll(logp, ids)) / math.log(2) * (total / characters), dtype=logp.dtype)


def fit_neural(ids, vocab, lr, steps):
    pairs = Counter(pairwise(ids.tolist()))
    seen = Counter(ids[:-1].tolist())
    w = [[0.0] * vocab for _ in range(vocab)]
    for _ in range(steps):
        for i, count in seen.items():
            top = max(w[i])
            weights = [math.exp(x - top) for x in w[i]]
            total = sum(weights)
            for j in range(vocab):
                w[i][j] -= lr * (count * weights[j] / total - pairs[i, j]) / (len(ids) - 1)
    return np.array(w)


def sample(logp, start, n, rng):
    probs = np.exp(logp.astype(float))
    probs /= probs.sum(axis=1, keepdims=True)
    out = []
    for _ in range(n):
        start = int(rng.choice(len(probs), p=probs[start]))
        out.append(start)
    return np.array(out, dtype=np.int64)
