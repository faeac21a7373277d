"""Any number of rectified layers as a list of (weight, bias), trained with Adam: here 64-128-64-10."""

from itertools import pairwise

import numpy as np

SIZES, CLASSES = (128, 64), 10
BATCH, LEARNING_RATE = 64, 2e-3


def train(x, y, seed, epochs):
    rng = np.random.default_rng(seed)
    mean, scale = x.mean(axis=0), x.std() + 1e-6
    inputs = (x - mean) / scale
    sizes = [x.shape[1], *SIZES, CLASSES]
    layers = [_layer(rng, n, m, x.dtype) for n, m in pairwise(sizes)]
    moments = [(np.zeros_like(p), np.zeros_like(p)) for layer in layers for p in layer]
    steps, step = epochs * -(-len(x) // BATCH), 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            gradients = _gradients(layers, inputs[batch], y[batch])
            rate = LEARNING_RATE * (1 - step / steps)
            step += 1
            for p, g, (m, v) in zip((p for layer in layers for p in layer), gradients, moments, strict=True):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return mean, scale, layers


def _layer(rng, n, m, dtype):
    return (rng.standard_normal((n, m)) * np.sqrt(2 / n)).astype(dtype), np.zeros(m, dtype)


def _activations(layers, inputs):
    """The input of every layer, and the logits last."""
    values = [inputs]
    for weight, bias in layers[:-1]:
        values.append(np.maximum(values[-1] @ weight + bias, 0))
    weight, bias = layers[-1]
    return [*values, values[-1] @ weight + bias]


def _gradients(layers, inputs, labels):
    *values, logits = _activations(layers, inputs)
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    probs[np.arange(len(labels)), labels] -= 1
    delta, gradients = probs / len(labels), []
    for (weight, _), value in zip(reversed(layers), reversed(values), strict=True):
        gradients += [delta.sum(axis=0), value.T @ delta]
        delta = delta @ weight.T * (value > 0)
    return gradients[::-1]


def predict(model, x):
    mean, scale, layers = model
    return _activations(layers, (x - mean) / scale)[-1].argmax(axis=1)
