"""Counting, scoring, descent and drawing in the array API's functions: one file for numpy, torch and CuPy.

Counting is sorting: with each pair as one number, a count is the distance between two places in the sorted text. A draw
is a function from the token before to the token after, and functions may be composed in any grouping: a text is drawn
in log2(n) rounds, not token by token.
"""

import math

from array_api_compat import array_namespace, device


def fit(ids, vocab, alpha=1.0):
    xp = array_namespace(ids)
    smoothed = _counts(ids, vocab) + alpha
    totals = xp.sum(smoothed, axis=1, keepdims=True)
    p = xp.where(totals > 0, smoothed, 1.0) / xp.where(totals > 0, totals, float(vocab))
    return xp.where(p > 0, xp.log(xp.where(p > 0, p, 1.0)), -xp.inf)  # log 0 would warn


def nll(logp, ids):
    if ids.shape[0] < 2:
        raise ValueError("a text of fewer than two tokens has no transition")
    xp = array_namespace(logp)
    flat = xp.reshape(logp, (logp.shape[0] * logp.shape[1],))
    return -xp.mean(xp.take(flat, _pairs(ids, logp.shape[1])))


def perplexity(logp, ids):
    return array_namespace(logp).exp(nll(logp, ids))


def bits_per_char(logp, ids, characters):
    return nll(logp, ids) * ((ids.shape[0] - 1) / (math.log(2) * characters))


def fit_neural(ids, vocab, lr, steps):
    """The gradient of row i is (count_i softmax(w_i) - counts_i) / (n - 1): no step needs the text again."""
    xp = array_namespace(ids)
    wanted = _counts(ids, vocab) / (ids.shape[0] - 1)
    weight = xp.sum(wanted, axis=1, keepdims=True)
    w = xp.zeros_like(wanted)
    for _ in range(steps):
        odds = xp.exp(w - xp.max(w, axis=1, keepdims=True))
        w -= lr * (odds * (weight / xp.sum(odds, axis=1, keepdims=True)) - wanted)
    return w


def sample(logp, start, n, rng):
    xp = array_namespace(logp)
    cumulative = xp.cumulative_sum(xp.exp(xp.astype(logp, xp.float64)), axis=1)
    cumulative = cumulative / cumulative[:, -1:]
    u = _uniform(logp, n, rng)
    after = xp.stack([xp.searchsorted(cumulative[i, :], u, side="right") for i in range(logp.shape[0])])
    return _path(xp.full((1,), start, dtype=after.dtype, device=device(after)), after)


def _path(start, after):
    """The tokens (n,) that follow start (1,), where i is followed by after[i, t] (v, n) at t."""
    xp = array_namespace(after)
    n = after.shape[1]
    if n == 0:
        return after[0, :]
    twice = xp.take_along_axis(after[:, 1::2], after[:, : n - n % 2 : 2], axis=0)  # two tokens on
    second = _path(start, twice)
    before = xp.concat([start, second])[: n - n // 2]
    path = xp.zeros_like(after[0, :])
    path[::2] = xp.take_along_axis(after[:, ::2], before[None, :], axis=0)[0, :]
    path[1::2] = second
    return path


def _pairs(ids, vocab):
    """Each token and the one after it as one number. A text of no token has no pairs, like a text of one."""
    transitions = max(ids.shape[0] - 1, 0)
    return ids[:transitions] * vocab + ids[ids.shape[0] - transitions :]


def _counts(ids, vocab):
    """How often each pair occurs, float64 (vocab, vocab)."""
    xp = array_namespace(ids)
    names = xp.arange(vocab * vocab + 1, device=device(ids))
    first = xp.searchsorted(xp.sort(_pairs(ids, vocab), stable=False), names)
    return xp.astype(xp.reshape(first[1:] - first[:-1], (vocab, vocab)), xp.float64)


def _uniform(like, n, rng):
    """n float64 from [0, 1) of numpy's, cupy's or torch's generator."""
    xp = array_namespace(like)
    if hasattr(rng, "random"):
        return xp.asarray(rng.random(n), dtype=xp.float64, device=device(like))
    import torch

    return torch.rand(n, dtype=torch.float64, generator=rng, device=rng.device)
