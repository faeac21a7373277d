"""The same on tensors; torch.Generator is handed to whatever draws."""

import torch


def dropout(x, p, train, rng):
    if not train:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    mask = torch.rand(x.shape, generator=rng, dtype=torch.float32, device=x.device) >= p
    return _masked(x, mask, p), mask


def dropout_backward(dy, mask, p):
    return _masked(dy, mask, p)


def _masked(values, mask, p):
    return (values * mask).mul_(1 / (1 - p) if p < 1 else 0.0)


def ensemble_moments(w, x, p):
    if p == 1:
        return x.new_zeros(len(x)), x.new_zeros(len(x))
    terms = w * x
    return terms.sum(dim=1), terms.square().sum(dim=1) * (p / (1 - p))
