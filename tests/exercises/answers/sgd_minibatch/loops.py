"""Fisher and Yates by hand, batches as a running list, rows picked one at a time."""

import numpy as np


def minibatches(n, batch, rng, drop_last=False):
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(rng.integers(0, i + 1))
        order[i], order[j] = order[j], order[i]
    current = []
    for row in order:
        current.append(row)
        if len(current) == batch:
            yield np.array(current)
            current = []
    if current and not drop_last:
        yield np.array(current)


def sgd(loss_grad, params, x, y, lr, batch, epochs, rng):
    params = [p.copy() for p in params]
    for _ in range(epochs):
        order = np.arange(len(y))
        rng.shuffle(order)
        for k in range(int(np.ceil(len(y) / batch))):
            rows = order[k * batch : min((k + 1) * batch, len(y))]
            grads = loss_grad(params, np.array([x[i] for i in rows]), np.array([y[i] for i in rows]))
            for i in range(len(params)):
                params[i] = params[i] - lr * grads[i]
    return params
