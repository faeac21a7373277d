"""Sort only the candidates that can survive; draw by the Gumbel trick; select the best beams with a heap.

Of 50,257 tokens a nucleus holds a few dozen. One pass finds the 256th largest logit, only what reaches it is
sorted, and the total of all exponentials says whether these candidates already hold enough mass.
"""

import heapq

import numpy as np

FIRST_TRY = 256


def filter_probs(logits, temperature=1.0, top_k=None, top_p=None):
    rows = logits.reshape(-1, logits.shape[-1])
    probs = np.zeros_like(rows)
    everything = top_p is None or top_p >= 1
    for row, out in zip(rows, probs, strict=True):
        weights = np.exp((row - row.max()) / temperature)
        if everything and top_k is None:
            np.divide(weights, weights.sum(), out=out)
            continue
        kept = _best(row, min(top_k, len(row))) if top_k is not None else None
        if not everything:
            kept = _nucleus(row, weights, kept, top_p)
        out[kept] = weights[kept] / weights[kept].sum()
    return probs.reshape(logits.shape)


def _best(row, count):
    """Ids of the `count` first tokens of the ranking: by falling logit, then by rising id."""
    if count < len(row):
        cut = np.partition(row, len(row) - count)[len(row) - count]
        ids = np.flatnonzero(row >= cut)  # more than `count` where several equal the cut; ids rise
    else:
        ids = np.arange(len(row))
    return ids[np.argsort(-row[ids], kind="stable")][:count]


def _nucleus(row, weights, ranked, top_p):
    """The beginning of the ranking that holds top_p of the mass; `ranked` is what top-k left, or None for all."""
    total = weights.sum() if ranked is None else weights[ranked].sum()
    count = FIRST_TRY
    while True:
        front = _best(row, min(count, len(row))) if ranked is None else ranked
        mass = np.cumsum(weights[front]) / total
        if mass[-1] >= top_p or ranked is not None or count >= len(row):
            return front[: 1 + np.searchsorted(mass, top_p)]
        count *= 8


def sample(logits, rng, temperature=1.0, top_k=None, top_p=None):
    with np.errstate(divide="ignore"):
        scores = np.log(filter_probs(logits, temperature, top_k, top_p))
    return np.argmax(scores + rng.gumbel(size=logits.shape), axis=-1)


def beam_search(step, bos, eos, width, max_len):
    beams = [(-0.0, [bos])]  # (-logp, ids): Python's own order of tuples is the ranking that is asked for
    for _ in range(max_len):
        open_beams = [beam for beam in beams if eos not in beam[1][1:]]
        candidates = [beam for beam in beams if eos in beam[1][1:]]
        for cost, ids in open_beams:
            scores = np.asarray(step(ids), np.float64)
            candidates += [(cost - float(scores[t]), [*ids, int(t)]) for t in np.flatnonzero(scores > -np.inf)]
        beams = heapq.nsmallest(width, candidates)
    return [(ids, 0.0 - cost) for cost, ids in beams]
