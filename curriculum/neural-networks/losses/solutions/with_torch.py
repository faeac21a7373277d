"""torch: the target's score by gather, as in gathered.py, and temporaries reused in place."""

import torch


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    z, y, counts, own = _cleaned(logits, target, weight, ignore_index)
    shifted = z - z.amax(1, keepdim=True)
    at_target = shifted.gather(1, y[:, None])[:, 0]
    spread = _spread(weight, z)
    smooth = shifted @ spread if label_smoothing else 0
    log_sum = shifted.exp_().sum(1).log_()
    losses = (1 - label_smoothing) * own * (log_sum - at_target)
    if label_smoothing:
        losses += label_smoothing * counts * (spread.sum() * log_sum - smooth)
    if reduction == "none":
        return losses
    return losses.sum() / own.sum() if reduction == "mean" else losses.sum()


def cross_entropy_backward(
    dloss, logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    z, y, counts, own = _cleaned(logits, target, weight, ignore_index)
    upstream = counts * dloss
    if reduction == "mean":
        total = own.sum()
        upstream = upstream / torch.where(total > 0, total, torch.ones_like(total))
    spread = label_smoothing * _spread(weight, z)
    gradient = (z - z.amax(1, keepdim=True)).exp_()
    mass = upstream * ((1 - label_smoothing) * own + spread.sum())
    gradient.mul_((mass / gradient.sum(1))[:, None])
    if label_smoothing:
        gradient.sub_(upstream[:, None] * spread)
    return gradient.scatter_add_(1, y[:, None], -((1 - label_smoothing) * upstream * own)[:, None])


def _cleaned(logits, target, weight, ignore_index):
    """Scores and targets with zeros in ignored rows, who counts (1 or 0), and the targets' weights."""
    kept = target != ignore_index
    z = logits if bool(kept.all()) else torch.where(kept[:, None], logits, 0)
    y = torch.where(kept, target, 0)
    counts = kept.to(z.dtype)
    return z, y, counts, counts if weight is None else counts * weight[y]


def _spread(weight, z):
    k = z.shape[1]
    return z.new_full((k,), 1 / k) if weight is None else weight / k


def bce_with_logits(z, t, pos_weight=None):
    factor = 1 if pos_weight is None else 1 + (pos_weight - 1) * t
    return ((1 - t) * z + factor * ((-z.abs()).exp().log1p() + (-z).clamp(min=0))).mean()


def bce_with_logits_backward(dloss, z, t, pos_weight=None):
    positive = t if pos_weight is None else pos_weight * t
    return ((1 - t) * z.sigmoid() - positive * (-z).sigmoid()) * (dloss / z.numel())


def mse(prediction, target):
    return (prediction - target).square_().mean()


def mse_backward(dloss, prediction, target):
    return (prediction - target).mul_(2 * dloss / prediction.numel())


def huber(prediction, target, delta=1.0):
    distance = (prediction - target).abs_()
    inside = distance.clamp(max=delta)
    return (inside * (distance - inside / 2)).mean()


def huber_backward(dloss, prediction, target, delta=1.0):
    return (prediction - target).clamp_(-delta, delta).mul_(dloss / prediction.numel())
