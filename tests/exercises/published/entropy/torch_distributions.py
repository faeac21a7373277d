"""torch.distributions and torch.special; Categorical's own entropy takes probabilities no nearer to 0 and 1 than eps."""

import math

import torch
from torch.special import entr, xlogy


def entropy(p, base=None, axis=-1):
    nats = entr(p).sum(axis)
    return nats if base is None else nats / math.log(base)


def cross_entropy(p, q, axis=-1):
    return -xlogy(p, q).sum(axis)


def joint_entropy(p):
    return entr(p).sum()


def conditional_entropy(p):
    rows = p.sum(1)
    given = torch.distributions.Categorical(probs=p[rows > 0])
    return (rows[rows > 0] * given.entropy()).sum()
