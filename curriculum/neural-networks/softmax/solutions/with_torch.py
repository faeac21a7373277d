"""The same formulas on torch tensors, with the temporaries of each function reused in place."""

import torch


def softmax(x, axis=-1, temperature=1.0):
    weights = x - x.amax(dim=axis, keepdim=True)
    if temperature != 1.0:
        weights.div_(temperature)
    weights.exp_()
    return weights.div_(weights.sum(dim=axis, keepdim=True))


def log_softmax(x, axis=-1):
    shifted = x - x.amax(dim=axis, keepdim=True)
    return shifted.sub_(shifted.exp().sum(dim=axis, keepdim=True).log_())


def logsumexp(x, axis=-1):
    top = x.amax(dim=axis, keepdim=True)
    anchor = torch.where(top.isfinite(), top, 0)  # a row of -inf: -inf - (-inf) would be nan
    total = (x - anchor).exp_().sum(dim=axis)
    return total.log_().add_(anchor.squeeze(axis))


def softmax_backward(dy, y):
    products = dy * y
    return products.sub_(y * products.sum(dim=-1, keepdim=True))
