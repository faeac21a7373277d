"""The rows put in order once an epoch, so that each batch is a view; parameters in place, on copies.

One gather of the whole data has less overhead than many small ones, and costs one copy of it.
"""

import numpy as np


def minibatches(n, batch, rng, drop_last=False):
    order = rng.permutation(n)
    whole = n // batch * batch
    yield from order[:whole].reshape(-1, batch)
    if whole < n and not drop_last:
        yield order[whole:]


def sgd(loss_grad, params, x, y, lr, batch, epochs, rng):
    params = [np.array(p) for p in params]
    for _ in range(epochs):
        order = rng.permutation(len(x))
        xs, ys = x[order], y[order]
        for start in range(0, len(x), batch):
            grads = loss_grad(params, xs[start : start + batch], ys[start : start + batch])
            for p, g in zip(params, grads, strict=True):
                p -= lr * g
    return params
