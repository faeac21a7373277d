"""Coordinate by coordinate, with a running point, and the rows filled in one number at a time."""

import numpy as np


def gd(grad, x0, lr, n):
    path = np.zeros((n + 1, len(x0)), dtype=x0.dtype)
    point = x0.copy()
    for i in range(len(x0)):
        path[0, i] = point[i]
    for k in range(1, n + 1):
        g = np.array(grad(point))
        for i in range(len(x0)):
            path[k, i] = point[i] - lr * g[i]
        point = path[k].copy()
    return path
