"""Right, in another style: Python loops over the rows, np.logaddexp for the binary loss."""

import numpy as np


def _log_probabilities(row):
    row = row - np.max(row)
    return row - np.log(np.sum(np.exp(row)))


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    n, k = logits.shape
    losses = np.zeros(n, logits.dtype)
    normalizer = logits.dtype.type(0)
    for i in range(n):
        if target[i] == ignore_index:
            continue
        logp = _log_probabilities(logits[i])
        w = np.ones(k, logits.dtype) if weight is None else weight
        loss = -(1 - label_smoothing) * w[target[i]] * logp[target[i]]
        if label_smoothing > 0:
            loss = loss - label_smoothing / k * np.sum(w * logp)
        losses[i] = loss
        normalizer += w[target[i]]
    if reduction == "none":
        return losses
    if reduction == "sum":
        return np.sum(losses)
    return np.sum(losses) / normalizer if normalizer > 0 else logits.dtype.type(np.nan)


def cross_entropy_backward(
    dloss, logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    n, k = logits.shape
    dlogits = np.zeros_like(logits)
    normalizer = 0.0
    for i in range(n):
        if target[i] == ignore_index:
            continue
        w = np.ones(k, logits.dtype) if weight is None else weight
        normalizer += w[target[i]]
        q = w * label_smoothing / k
        q[target[i]] += (1 - label_smoothing) * w[target[i]]
        p = np.exp(_log_probabilities(logits[i]))
        dlogits[i] = (np.sum(q) * p - q) * (dloss[i] if reduction == "none" else dloss)
    if reduction == "mean" and normalizer > 0:
        dlogits /= normalizer
    return dlogits


def bce_with_logits(z, t, pos_weight=None):
    if pos_weight is None:
        pos_weight = z.dtype.type(1)
    loss = pos_weight * t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)
    return np.mean(loss)


def bce_with_logits_backward(dloss, z, t, pos_weight=None):
    if pos_weight is None:
        pos_weight = z.dtype.type(1)
    sigmoid = 0.5 * (1 + np.tanh(z / 2))
    opposite = 0.5 * (1 + np.tanh(-z / 2))
    return dloss * ((1 - t) * sigmoid - pos_weight * t * opposite) / z.size


def mse(prediction, target):
    return np.sum(np.square(prediction - target)) / prediction.dtype.type(prediction.size)


def mse_backward(dloss, prediction, target):
    return 2 / prediction.size * (prediction - target) * dloss


def huber(prediction, target, delta=1.0):
    d = np.abs(prediction - target)
    loss = delta * (d - delta / 2)
    inside = d <= delta
    loss[inside] = d[inside] ** 2 / 2
    return loss.mean()


def huber_backward(dloss, prediction, target, delta=1.0):
    d = prediction - target
    slope = delta * np.sign(d)
    slope[np.abs(d) <= delta] = d[np.abs(d) <= delta]
    return dloss * slope / d.size
