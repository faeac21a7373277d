"""torch: the path is one tensor from the start; torch.add(..., alpha=...) scales, adds and stores in one pass."""

import torch


def gd(grad, x0, lr, n):
    path = x0.new_empty((n + 1, *x0.shape))
    path[0] = x0
    for k in range(n):
        torch.add(path[k], grad(path[k]), alpha=-lr, out=path[k + 1])
    return path
