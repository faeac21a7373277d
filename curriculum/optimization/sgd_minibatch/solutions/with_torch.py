"""torch: randperm under the given generator, split into views."""

import torch


def minibatches(n, batch, rng, drop_last=False):
    order = torch.randperm(n, generator=rng, device=rng.device)
    for rows in order.split(batch):
        if len(rows) > 0 and (len(rows) == batch or not drop_last):
            yield rows


def sgd(loss_grad, params, x, y, lr, batch, epochs, rng):
    params = list(params)
    for _ in range(epochs):
        for rows in minibatches(len(x), batch, rng):
            rows = rows.to(x.device)
            grads = loss_grad(params, x[rows], y[rows])
            params = [torch.add(p, g, alpha=-lr) for p, g in zip(params, grads, strict=True)]
    return params
