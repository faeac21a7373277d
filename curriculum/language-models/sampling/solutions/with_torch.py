"""The same in torch: a stable sort, masks, and a scatter back."""

import math

import torch


def filter_probs(logits, temperature=1.0, top_k=None, top_p=None):
    ranked, order = torch.sort(logits, dim=-1, descending=True, stable=True)
    weights = torch.exp((ranked - ranked[..., :1]) / temperature)
    if top_k is not None:
        weights[..., top_k:] = 0
    weights = weights / weights.sum(-1, keepdim=True)
    if top_p is not None and top_p < 1:
        cut = torch.cumsum(weights, -1) - weights >= top_p
        cut[..., 0] = False
        weights = weights.masked_fill(cut, 0)
        weights = weights / weights.sum(-1, keepdim=True)
    return torch.zeros_like(weights).scatter(-1, order, weights)


def sample(logits, rng, temperature=1.0, top_k=None, top_p=None):
    cumulative = torch.cumsum(filter_probs(logits, temperature, top_k, top_p).double(), -1)
    u = torch.rand(logits.shape[:-1], generator=rng, dtype=torch.float64, device=logits.device)
    return (cumulative <= u[..., None] * cumulative[..., -1:]).sum(-1)


def beam_search(step, bos, eos, width, max_len):
    beams = [([bos], 0.0)]
    for _ in range(max_len):
        candidates = [beam for beam in beams if eos in beam[0][1:]]
        for ids, logp in beams:
            if eos not in ids[1:]:
                scores = enumerate(step(ids).tolist())
                candidates += [([*ids, token], logp + score) for token, score in scores if score > -math.inf]
        beams = sorted(candidates, key=lambda beam: (-beam[1], beam[0]))[:width]
    return beams
