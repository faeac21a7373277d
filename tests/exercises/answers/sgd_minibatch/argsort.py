"""A list of batches rather than a generator; the order comes from sorting random keys; array_split-like cutting."""

import numpy as np


def minibatches(n, batch, rng, drop_last=False):
    order = np.argsort(rng.random(n), kind="stable")
    batches = np.split(order, np.arange(batch, n, batch)) if n else []
    return [b for b in batches if not drop_last or b.size == batch]


def sgd(loss_grad, params, x, y, lr, batch, epochs, rng):
    current = tuple(params)
    for _epoch in range(epochs):
        for rows in minibatches(y.size, batch, rng):
            gradients = loss_grad(current, np.take(x, rows, axis=0), np.take(y, rows))
            current = tuple(np.subtract(p, np.multiply(lr, g)) for p, g in zip(current, gradients, strict=True))
    return list(current)
