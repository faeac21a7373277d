"""On the flattened array, with a relative step of 1e-5 and an absolute one for zeros; errors in a plain loop."""

import numpy as np


def numeric_grad(f, x, h=None):
    grad = np.zeros(x.size)
    for k in range(x.size):
        base = x.flat[k]
        if h is None:
            step = 1e-5 * abs(base)
            if step == 0.0:
                step = 1e-5
        else:
            step = h
        up, down = x.ravel().copy(), x.ravel().copy()
        up[k] += step
        down[k] -= step
        actual = up[k] - down[k]
        grad[k] = (f(up.reshape(x.shape)) - f(down.reshape(x.shape))) / actual
    return grad.reshape(x.shape)


def check_grad(f, g, x):
    analytic = np.asarray(g(x))
    if analytic.shape != x.shape:
        raise ValueError("shape mismatch")
    numeric = numeric_grad(f, x)
    worst = 0.0
    for a, n in zip(analytic.ravel(), numeric.ravel(), strict=True):
        if np.isnan(a) or np.isnan(n):
            return float("nan")
        if a == 0 and n == 0:
            continue
        worst = max(worst, abs(a - n) / max(abs(a), abs(n)))
    return float(worst)
