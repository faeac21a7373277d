"""Gradient descent as it is written on paper. One file for numpy, torch and CuPy: every step makes a new array."""

from array_api_compat import array_namespace


def gd(grad, x0, lr, n):
    xp = array_namespace(x0)
    path = [x0]
    for _ in range(n):
        x = path[-1]
        path.append(x - lr * grad(x))
    return xp.stack(path)
