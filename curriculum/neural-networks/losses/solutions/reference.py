"""Losses in plain array operations: one file for numpy, torch and CuPy.

Cross-entropy is -sum q log p for any targets q: weights, smoothing and ignored rows all go into q, and the gradient is
p sum(q) - q whatever they are.
"""

from array_api_compat import array_namespace, device


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    xp = array_namespace(logits)
    q, total = _targets(logits, target, weight, ignore_index, label_smoothing)
    terms = xp.where(q > 0, q * _log_softmax(logits, target, ignore_index), 0.0)  # 0 log 0 is 0
    losses = -xp.sum(terms, axis=1)
    if reduction == "none":
        return losses
    return xp.sum(losses) / total if reduction == "mean" else xp.sum(losses)


def cross_entropy_backward(
    dloss, logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    xp = array_namespace(logits)
    q, total = _targets(logits, target, weight, ignore_index, label_smoothing)
    p = xp.exp(_log_softmax(logits, target, ignore_index))
    gradient = p * xp.sum(q, axis=1, keepdims=True) - q
    if reduction == "none":
        return dloss[:, None] * gradient
    if reduction == "mean":
        gradient = gradient / xp.where(total > 0, total, 1.0)  # no row left: zeros, not 0/0
    return dloss * gradient


def _targets(logits, target, weight, ignore_index, smoothing):
    """(q, sum of the targets' weights): q (n, k) is what -log p is weighed with, 0 in ignored rows."""
    xp = array_namespace(logits)
    k = logits.shape[1]
    one_hot = xp.astype(target[:, None] == xp.arange(k, device=device(logits)), logits.dtype)
    if weight is None:
        weight = xp.ones(k, dtype=logits.dtype, device=device(logits))
    counts = xp.astype(target != ignore_index, logits.dtype)[:, None]
    q = counts * weight * ((1 - smoothing) * one_hot + smoothing / k)
    return q, xp.sum(counts * weight * one_hot)


def _log_softmax(logits, target, ignore_index):
    xp = array_namespace(logits)
    logits = xp.where((target == ignore_index)[:, None], 0.0, logits)  # an ignored row may hold nan
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))


def bce_with_logits(z, t, pos_weight=None):
    xp = array_namespace(z)
    positive = t if pos_weight is None else pos_weight * t
    # -log sigmoid(z) = log(1 + e^-z) = log1p(e^-|z|) + max(-z, 0)
    tail = xp.log1p(xp.exp(-xp.abs(z)))
    return xp.mean(positive * (tail + xp.where(z < 0, -z, 0.0)) + (1 - t) * (tail + xp.where(z > 0, z, 0.0)))


def bce_with_logits_backward(dloss, z, t, pos_weight=None):
    xp = array_namespace(z)
    positive = t if pos_weight is None else pos_weight * t
    small = xp.exp(-xp.abs(z))
    sigmoid = xp.where(z > 0, 1.0, small) / (1 + small)
    opposite = xp.where(z > 0, small, 1.0) / (1 + small)
    return dloss * ((1 - t) * sigmoid - positive * opposite) / _count(z)


def mse(prediction, target):
    return array_namespace(prediction).mean((prediction - target) ** 2)


def mse_backward(dloss, prediction, target):
    return dloss * 2 * (prediction - target) / _count(prediction)


def huber(prediction, target, delta=1.0):
    xp = array_namespace(prediction)
    distance = xp.abs(prediction - target)
    inside = xp.where(distance <= delta, distance, delta)  # no square of what lies outside: it might overflow
    return xp.mean(inside * (distance - inside / 2))


def huber_backward(dloss, prediction, target, delta=1.0):
    xp = array_namespace(prediction)
    return dloss * xp.clip(prediction - target, -delta, delta) / _count(prediction)


def _count(x):
    count = 1
    for size in x.shape:
        count *= size
    return count
