"""The reference in the array API's functions: one file for numpy, torch and CuPy. What was ranked goes back by the inverse order."""

import math

from array_api_compat import array_namespace, device


def filter_probs(logits, temperature=1.0, top_k=None, top_p=None):
    xp, size = array_namespace(logits), logits.shape[-1]
    order = xp.argsort(-logits, axis=-1, stable=True)  # stable: of equal logits the lower id first
    ranked = xp.take_along_axis(logits, order, axis=-1)
    weights = xp.exp((ranked - ranked[..., :1]) / temperature)
    rank = xp.arange(size, device=device(logits))
    if top_k is not None:
        weights = scaled(xp.where(rank < top_k, weights, 0.0))
    if top_p is not None and top_p < 1:  # at 1 the rounding of the sum must not cut the tail
        weights = scaled(weights)
        before = xp.cumulative_sum(weights, axis=-1) - weights
        weights = xp.where((before < top_p) | (rank == 0), weights, 0.0)  # the token that crosses top_p stays
    return xp.take_along_axis(scaled(weights), xp.argsort(order, axis=-1), axis=-1)


def scaled(weights):
    return weights / array_namespace(weights).sum(weights, axis=-1, keepdims=True)


def sample(logits, rng, temperature=1.0, top_k=None, top_p=None):
    xp = array_namespace(logits)
    probs = xp.astype(filter_probs(logits, temperature, top_k, top_p), xp.float64)
    cumulative = xp.cumulative_sum(probs, axis=-1)
    mark = uniform(xp, rng, logits)[..., None] * cumulative[..., -1:]
    return xp.sum(xp.astype(cumulative <= mark, xp.int64), axis=-1)


def uniform(xp, rng, logits):
    """A float64 in [0, 1) for each row, from numpy's, cupy's or torch's generator."""
    if hasattr(rng, "random"):
        return xp.asarray(rng.random(logits.shape[:-1]), device=device(logits))
    import torch

    return torch.rand(logits.shape[:-1], dtype=torch.float64, generator=rng, device=rng.device)


def beam_search(step, bos, eos, width, max_len):
    beams = [([bos], 0.0)]
    for _ in range(max_len):
        candidates = [beam for beam in beams if eos in beam[0][1:]]
        for ids, logp in beams:
            if eos not in ids[1:]:
                scores = enumerate(numbers(step(ids)))
                candidates += [([*ids, token], logp + score) for token, score in scores if score > -math.inf]
        beams = sorted(candidates, key=lambda beam: (-beam[1], beam[0]))[:width]
    return beams


def numbers(row):
    """Python's floats of an array: on a device one transfer for all, where the library has it."""
    return row.tolist() if hasattr(row, "tolist") else [float(row[i]) for i in range(row.shape[0])]
