"""SGD in the array API's functions: one file for numpy, torch and CuPy.

CuPy's generator has no permutation: the order in which uniform draws are sorted is one. Rows are gathered once an
epoch, so that a batch is a view and needs no launch of its own; parameters are copied once and then changed in place.
"""

from array_api_compat import array_namespace, device


def minibatches(n, batch, rng, drop_last=False):
    order = permutation(n, rng)
    for rows in cuts(n - n % batch if drop_last else n, batch):
        yield order[rows]


def permutation(n, rng):
    """float64: that two draws are equal, and keep the order of the data, is as good as never seen."""
    if hasattr(rng, "random"):
        draws = rng.random(n)
    else:
        import torch

        draws = torch.rand(n, dtype=torch.float64, generator=rng, device=rng.device)
    return array_namespace(draws).argsort(draws)


def cuts(n, batch):
    return [slice(start, min(start + batch, n)) for start in range(0, n, batch)]


def sgd(loss_grad, params, x, y, lr, batch, epochs, rng):
    xp = array_namespace(x)
    params = [xp.asarray(p, copy=True) for p in params]
    for _ in range(epochs):
        order = xp.asarray(permutation(x.shape[0], rng), device=device(x))
        xs, ys = xp.take(x, order, axis=0), xp.take(y, order, axis=0)
        for rows in cuts(x.shape[0], batch):
            grads = loss_grad(params, xs[rows, ...], ys[rows])
            for p, g in zip(params, grads, strict=True):
                p -= lr * g
    return params
