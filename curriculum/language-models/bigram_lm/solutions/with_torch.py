"""Counting, scoring, descent and drawing on torch tensors, from one table of counts."""

import math

import torch


def _counts(ids, vocab):
    return torch.bincount(ids[:-1] * vocab + ids[1:], minlength=vocab * vocab).reshape(vocab, vocab).to(torch.float64)


def fit(ids, vocab, alpha=1.0):
    smoothed = _counts(ids, vocab) + alpha
    smoothed[smoothed.sum(dim=1) == 0] = 1
    return torch.log(smoothed / smoothed.sum(dim=1, keepdim=True))


def nll(logp, ids):
    if len(ids) < 2:
        raise ValueError("a text of fewer than two tokens has no transition")
    return -logp[ids[:-1], ids[1:]].mean()


def perplexity(logp, ids):
    return nll(logp, ids).exp()


def bits_per_char(logp, ids, characters):
    return nll(logp, ids) * ((len(ids) - 1) / (math.log(2) * characters))


def fit_neural(ids, vocab, lr, steps):
    wanted = _counts(ids, vocab) / (len(ids) - 1)
    weight = wanted.sum(dim=1, keepdim=True)
    w = torch.zeros_like(wanted)
    for _ in range(steps):
        probs = (w - w.amax(dim=1, keepdim=True)).exp()
        probs *= weight / probs.sum(dim=1, keepdim=True)
        w -= lr * (probs - wanted)
    return w


def sample(logp, start, n, rng):
    cumulative = logp.to(torch.float64).exp().cumsum(dim=1)
    cumulative /= cumulative[:, -1:].clone()
    uniform = torch.rand(n, generator=rng, dtype=torch.float64, device=logp.device)
    drawn, token = torch.empty(n, dtype=torch.int64, device=logp.device), start
    for t in range(n):
        token = torch.searchsorted(cumulative[token], uniform[t], right=True)
        drawn[t] = token
    return drawn
