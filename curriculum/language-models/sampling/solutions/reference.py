"""Sort once, cut twice, put back; draw by inverting the cumulative sum; keep the best few sequences."""

import numpy as np


def filter_probs(logits, temperature=1.0, top_k=None, top_p=None):
    order = np.argsort(-logits, axis=-1, kind="stable")  # stable: of equal logits the lower id first
    ranked = np.take_along_axis(logits, order, axis=-1)
    weights = np.exp((ranked - ranked[..., :1]) / temperature)
    if top_k is not None:
        weights[..., top_k:] = 0
    weights /= weights.sum(axis=-1, keepdims=True)
    if top_p is not None and top_p < 1:  # at 1 the rounding of the sum must not cut the tail
        before = np.cumsum(weights, axis=-1) - weights
        cut = before >= top_p  # the token that crosses top_p has less than top_p before it
        cut[..., 0] = False
        weights[cut] = 0
        weights /= weights.sum(axis=-1, keepdims=True)
    probs = np.empty_like(weights)
    np.put_along_axis(probs, order, weights, axis=-1)
    return probs


def sample(logits, rng, temperature=1.0, top_k=None, top_p=None):
    cumulative = np.cumsum(filter_probs(logits, temperature, top_k, top_p), axis=-1)
    u = rng.random(logits.shape[:-1])
    return (cumulative <= u[..., None] * cumulative[..., -1:]).sum(axis=-1)


def beam_search(step, bos, eos, width, max_len):
    beams = [([bos], 0.0)]
    for _ in range(max_len):
        candidates = []
        for ids, logp in beams:
            if eos in ids[1:]:
                candidates.append((ids, logp))
                continue
            for token, score in enumerate(step(ids)):
                if score > -np.inf:
                    candidates.append(([*ids, token], logp + float(score)))
        candidates.sort(key=lambda beam: (-beam[1], beam[0]))
        beams = candidates[:width]
    return beams
