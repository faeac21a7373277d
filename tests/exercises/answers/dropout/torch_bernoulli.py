"""Right, in torch, with torch.bernoulli on a tensor of probabilities."""

import torch


def dropout(x, p, train, rng):
    if not train:
        return x.clone(), torch.full(x.shape, True)
    mask = torch.bernoulli(torch.full_like(x, 1 - p), generator=rng).bool()
    return torch.where(mask, x / max(1 - p, 1e-30), torch.zeros_like(x)), mask


def dropout_backward(dy, mask, p):
    return torch.where(mask, dy / max(1 - p, 1e-30), torch.zeros_like(dy))


def ensemble_moments(w, x, p):
    mean = x @ w if p < 1 else torch.zeros_like(x[:, 0])
    variance = (x * x) @ (w * w) * (p / (1 - p)) if p < 1 else torch.zeros_like(mean)
    return mean, variance
