"""numpy: the path is one array from the start, and each step writes its row; no point is ever copied.

The reference makes two temporaries a step and copies the whole path at the end.
"""

import numpy as np


def gd(grad, x0, lr, n):
    path = np.empty((n + 1, *x0.shape), x0.dtype)
    path[0] = x0
    for k in range(n):
        g = grad(path[k])  # belongs to grad: it is read, never written
        np.multiply(g, -lr, out=path[k + 1])
        path[k + 1] += path[k]
    return path
