"""The formulas of the reference on torch tensors, with every pass over the scores done in place."""

import torch


def _weights(q, k, mask):
    """Softmax over the keys, q already scaled; rows that may attend to nothing are zero."""
    scores = q @ k.mT
    if mask is not None:
        scores.masked_fill_(~mask, -torch.inf)
    top = scores.amax(dim=-1, keepdim=True)
    scores.sub_(top.masked_fill_(top == -torch.inf, 0.0)).exp_()
    total = scores.sum(dim=-1, keepdim=True)
    return scores, total.masked_fill_(total == 0, 1.0)


def attention(q, k, v, mask=None, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    terms, total = _weights(scale * q, k, mask)
    return (terms @ v).div_(total)


def attention_backward(dout, q, k, v, mask=None, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    scaled = scale * q
    terms, total = _weights(scaled, k, mask)
    weights = terms.div_(total)
    dv = weights.mT @ dout
    dscores = dout @ v.mT
    mean = torch.einsum("...nm,...nm->...n", weights, dscores)
    dscores.sub_(mean[..., None]).mul_(weights)
    dq = (dscores @ k).mul_(scale)
    dk = dscores.mT @ scaled
    return dq, dk, dv
