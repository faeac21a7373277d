"""The same with one copy of x for all elements, moved and put back by assignment (adding h again may give other bits).

And the step is rounded so that x + h is a float: then the division is by what x has really moved.
"""

import numpy as np
from array_api_compat import array_namespace

RELATIVE_STEP = np.finfo(np.float64).eps ** (1 / 3)


def numeric_grad(f, x, h=None):
    xp = array_namespace(x)
    at, gradient = xp.asarray(x, copy=True), xp.zeros_like(x)
    flat = at.reshape(-1)  # a view: at is contiguous
    values = flat.tolist()
    slopes = []
    for i, here in enumerate(values):
        step = h if h is not None else RELATIVE_STEP * (abs(here) or 1.0)
        ahead, behind = here + step, here - step
        flat[i] = ahead
        upper = f(at)
        flat[i] = behind
        lower = f(at)
        flat[i] = here
        slopes.append((upper - lower) / (ahead - behind))
    gradient.reshape(-1)[:] = xp.asarray(slopes, dtype=x.dtype)
    return gradient


def check_grad(f, g, x):
    given = g(x)
    if given.shape != x.shape:
        raise ValueError(f"g gives the shape {tuple(given.shape)}, x has {tuple(x.shape)}")
    worst = 0.0
    for a, n in zip(given.reshape(-1).tolist(), numeric_grad(f, x).reshape(-1).tolist(), strict=True):
        size = max(abs(a), abs(n))
        error = abs(a - n) / size if size != 0 else 0.0
        worst = error if error > worst or error != error else worst
        if worst != worst:  # nan: nothing is larger
            break
    return worst
