"""torch: xlogy is 0 where its first argument is 0, and takes the logarithm and the product in one pass."""

import math

import torch


def entropy(p, base=None, axis=-1):
    nats = torch.xlogy(p, p).sum(dim=axis).neg_()
    return nats if base is None else nats.div_(math.log(base))


def cross_entropy(p, q, axis=-1):
    return torch.xlogy(p, q).sum(dim=axis).neg_()


def joint_entropy(p):
    return entropy(p.reshape(-1))


def conditional_entropy(p):
    """H(X, Y) - H(X), by the chain rule."""
    return joint_entropy(p) - entropy(p.sum(dim=1))
