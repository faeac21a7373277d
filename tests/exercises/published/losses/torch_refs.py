"""torch's references and decompositions; cross-entropy's smoothing and weights through torch.nn.functional and autograd."""

import torch
from torch._decomp import decompositions
from torch._refs.nn import functional as refs

MEAN = 1  # torch's own number for reduction='mean'


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing, "reduction": reduction}
    return torch.nn.functional.cross_entropy(logits, target, weight, **options)


def cross_entropy_backward(
    dloss, logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    # a nan in a row that is ignored comes out as nan in torch, so it is taken out first
    scores = torch.where((target == ignore_index)[:, None], 0.0, logits).requires_grad_()
    loss = cross_entropy(scores, target, weight, ignore_index, label_smoothing, reduction)
    return torch.autograd.grad(loss, scores, dloss)[0]


def bce_with_logits(z, t, pos_weight=None):
    return decompositions.binary_cross_entropy_with_logits(z, t, None, pos_weight, MEAN)


def bce_with_logits_backward(dloss, z, t, pos_weight=None):
    scores = z.detach().requires_grad_()
    return torch.autograd.grad(bce_with_logits(scores, t, pos_weight), scores, dloss)[0]


def mse(prediction, target):
    return refs.mse_loss(prediction, target)


def mse_backward(dloss, prediction, target):
    return decompositions.mse_loss_backward(dloss, prediction, target, MEAN)


def huber(prediction, target, delta=1.0):
    return refs.huber_loss(prediction, target, delta=delta)


def huber_backward(dloss, prediction, target, delta=1.0):
    return decompositions.huber_loss_backward(dloss, prediction, target, MEAN, delta)
