"""One hidden layer of 128 rectified units, softmax cross-entropy, minibatches of 64, momentum, a falling step size."""

import numpy as np

HIDDEN, CLASSES = 128, 10
BATCH, LEARNING_RATE, MOMENTUM = 64, 0.1, 0.9


def train(x, y, seed, epochs):
    rng = np.random.default_rng(seed)
    mean, scale = x.mean(axis=0), x.std() + 1e-6  # of the training rows, kept for predict
    inputs = (x - mean) / scale
    weights = first_weights(rng, x.shape[1], x.dtype)
    velocity = [np.zeros_like(w) for w in weights]
    steps = epochs * -(-len(x) // BATCH)
    step = 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            gradients = backward(weights, inputs[batch], y[batch])
            rate = LEARNING_RATE * (1 - step / steps)
            for w, v, g in zip(weights, velocity, gradients, strict=True):
                v *= MOMENTUM
                v += g
                w -= rate * v
            step += 1
    return {"mean": mean, "scale": scale, "weights": weights}


def first_weights(rng, features, dtype):
    """He's scale for the rectified layer, and 1/sqrt(n) for the last one."""
    w1 = rng.standard_normal((features, HIDDEN)) * np.sqrt(2 / features)
    w2 = rng.standard_normal((HIDDEN, CLASSES)) * np.sqrt(1 / HIDDEN)
    return [w1.astype(dtype), np.zeros(HIDDEN, dtype), w2.astype(dtype), np.zeros(CLASSES, dtype)]


def forward(weights, inputs):
    """inputs (m, 64) to hidden (m, 128) and logits (m, 10)."""
    w1, b1, w2, b2 = weights
    hidden = np.maximum(inputs @ w1 + b1, 0)
    return hidden, hidden @ w2 + b2


def backward(weights, inputs, labels):
    """Gradients of the mean cross-entropy of a batch, one for each of the weights."""
    hidden, logits = forward(weights, inputs)
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    dlogits = (probs - np.eye(CLASSES, dtype=probs.dtype)[labels]) / len(labels)
    dhidden = dlogits @ weights[2].T * (hidden > 0)
    return [inputs.T @ dhidden, dhidden.sum(axis=0), hidden.T @ dlogits, dlogits.sum(axis=0)]


def predict(model, x):
    inputs = (x - model["mean"]) / model["scale"]
    _, logits = forward(model["weights"], inputs)
    return logits.argmax(axis=1)
