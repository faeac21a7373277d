"""Mini-batches of a fresh permutation, and a step for each of them. NumPy."""


def minibatches(n, batch, rng, drop_last=False):
    order = rng.permutation(n)
    end = n - n % batch if drop_last else n
    for start in range(0, end, batch):
        yield order[start : start + batch]


def sgd(loss_grad, params, x, y, lr, batch, epochs, rng):
    params = list(params)
    for _ in range(epochs):
        for rows in minibatches(len(x), batch, rng):
            grads = loss_grad(params, x[rows], y[rows])
            params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params
