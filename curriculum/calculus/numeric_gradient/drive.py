"""Makes the functions that numeric_grad and check_grad are given, in the worker, from names and coefficients.

Each says what it was misused for: too many calls, an argument of another shape, an x that is not as it was.
"""

import numpy as np
from array_api_compat import array_namespace


def numeric_grad(answer, function, x, c=None, size=None, gain=1.0, h=None):
    f, before = counted(FUNCTIONS[function], x, c, size, gain), as_bytes(x)
    gradient = answer.numeric_grad(f, x) if h is None else answer.numeric_grad(f, x, h=h)
    must_be_as_before(x, before)
    return gradient


def check_grad(answer, function, x, c=None, size=None, gain=1.0, planted=None, column=False):
    """planted: (flat index, factor) multiplies one element of the gradient. column: g's result gets an axis more."""
    f, before = counted(FUNCTIONS[function], x, c, size, gain), as_bytes(x)

    def g(x):
        xp = array_namespace(x)
        gradient = xp.asarray(gain * GRADIENTS[function](xp, x, c, size))
        if planted is not None:
            flat = xp.ones_like(x).reshape(-1)
            flat[planted[0]] = planted[1]
            gradient = xp.asarray(gradient * flat.reshape(x.shape))
        return gradient[..., None] if column else gradient

    result = answer.check_grad(f, g, x)
    must_be_as_before(x, before)
    return result


FUNCTIONS = {
    "cubes": lambda xp, x, c, size: xp.sum(c * x * x * x),
    "product": lambda xp, x, c, size: xp.prod(x),
    "waves": lambda xp, x, c, size: xp.sum(c * size * xp.sin(x / size)),
    "logarithms": lambda xp, x, c, size: xp.sum(c * xp.log(x)),
    "network": lambda xp, x, c, size: xp.sum(xp.tanh(c @ x.reshape(-1))),
}
GRADIENTS = {
    "cubes": lambda xp, x, c, size: 3 * c * x * x,
    "waves": lambda xp, x, c, size: c * xp.cos(x / size),
    "logarithms": lambda xp, x, c, size: c / x,
}


def counted(function, x, c, size, gain):
    """f as the learner gets it."""
    shape, most = tuple(x.shape), 2 * int(np.prod(x.shape))
    xp, calls = array_namespace(x), [0]

    def f(at):
        calls[0] += 1
        if calls[0] > most:
            raise ValueError(f"f was called more than {most} times; x has {most // 2} elements")
        if tuple(at.shape) != shape:
            raise ValueError(f"f was called with an array of shape {tuple(at.shape)}; x has {shape}")
        return gain * float(function(xp, at, c, size))

    return f


def as_bytes(x):
    return np.array(x.tolist()).tobytes()


def must_be_as_before(x, before):
    if as_bytes(x) != before:
        raise ValueError("x is not as it was before the call, bit for bit")
