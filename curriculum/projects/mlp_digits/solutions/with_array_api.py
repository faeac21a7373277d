"""The reference's network in the array API's functions: one file for numpy, torch and CuPy.

First weights and orders are drawn by NumPy, so that a seed means the same to every library; an epoch's order goes to the
device in one piece, and nothing waits for the device before the labels.
"""

import numpy as np
from array_api_compat import array_namespace, device

HIDDEN, CLASSES = 128, 10
BATCH, LEARNING_RATE, MOMENTUM = 64, 0.1, 0.9


def train(x, y, seed, epochs):
    xp, rng, n = array_namespace(x), np.random.default_rng(seed), x.shape[0]
    mean, scale = xp.mean(x, axis=0), xp.std(x) + 1e-6
    inputs, targets = (x - mean) / scale, xp.astype(y[:, None] == xp.arange(CLASSES, device=device(y)), x.dtype)
    weights = [xp.asarray(w, dtype=x.dtype, device=device(x)) for w in first_weights(rng, x.shape[1])]
    velocity = [xp.zeros_like(w) for w in weights]
    starts = range(0, n, BATCH)
    step, steps = 0, epochs * len(starts)
    for _ in range(epochs):
        order = xp.asarray(rng.permutation(n), device=device(x))
        rows, labels = xp.take(inputs, order, axis=0), xp.take(targets, order, axis=0)
        for start in starts:
            batch = slice(start, min(start + BATCH, n))
            gradients = backward(weights, rows[batch, :], labels[batch, :])
            rate = LEARNING_RATE * (1 - step / steps)
            velocity = [MOMENTUM * v + g for v, g in zip(velocity, gradients, strict=True)]
            weights = [w - rate * v for w, v in zip(weights, velocity, strict=True)]
            step += 1
    return mean, scale, weights


def first_weights(rng, features):
    w1 = rng.standard_normal((features, HIDDEN)) * (2 / features) ** 0.5
    w2 = rng.standard_normal((HIDDEN, CLASSES)) * (1 / HIDDEN) ** 0.5
    return w1, np.zeros(HIDDEN), w2, np.zeros(CLASSES)


def forward(weights, inputs):
    """inputs (m, 64) to hidden (m, 128) and logits (m, 10)."""
    w1, b1, w2, b2 = weights
    hidden = array_namespace(inputs).maximum(inputs @ w1 + b1, 0.0)
    return hidden, hidden @ w2 + b2


def backward(weights, inputs, targets):
    """Gradients of the mean cross-entropy of a batch, one for each of the weights; targets (m, 10) are one-hot."""
    xp = array_namespace(inputs)
    hidden, logits = forward(weights, inputs)
    odds = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))
    dlogits = (odds / xp.sum(odds, axis=1, keepdims=True) - targets) / inputs.shape[0]
    dhidden = xp.where(hidden > 0, dlogits @ weights[2].T, 0.0)
    return inputs.T @ dhidden, xp.sum(dhidden, axis=0), hidden.T @ dlogits, xp.sum(dlogits, axis=0)


def predict(model, x):
    mean, scale, weights = model
    _, logits = forward(weights, (x - mean) / scale)
    return array_namespace(x).argmax(logits, axis=1)
