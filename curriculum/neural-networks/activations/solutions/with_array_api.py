"""Activations in the array API's functions: one file for numpy, torch and CuPy.

Every gate is computed for |x| and turned over for x < 0, so that no exp has a positive argument and nothing cancels in
the tail. The array API has no erf: the exact GELU takes it from exp and quotients of polynomials, for all numbers at
once (W. J. Cody 1969, Rational Chebyshev approximations for the error function,
https://doi.org/10.1090/S0025-5718-1969-0247736-4).
"""

import math

from array_api_compat import array_namespace

CUBIC, STEEP = 0.044715, 2 * (2 / math.pi) ** 0.5  # (1 + tanh(z)) / 2 is sigmoid(2 z)
# Coefficients, highest power first: erf(y) = y P(y^2) / Q(y^2) below 0.46875, erfc(y) = exp(-y^2) P(y) / Q(y) above
NEAR = (
    (0.185777706184603153, 3.1611237438705656, 113.86415415105016, 377.485237685302021, 3209.37758913846947),
    (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062),
)
FAR = (
    (
        2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131,
        881.95222124176909, 1712.04761263407058, 2051.07837782607147, 1230.33935479799725,
    ),
    (
        1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
        3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
    ),
)  # fmt: skip


def relu(x):
    return array_namespace(x).maximum(x, 0.0)


def relu_backward(dy, x):
    return array_namespace(x).where(x > 0, dy, 0.0)


def leaky_relu(x, slope=0.01):
    return array_namespace(x).where(x > 0, x, slope * x)


def leaky_relu_backward(dy, x, slope=0.01):
    return array_namespace(x).where(x > 0, dy, slope * dy)


def sigmoid(x):
    xp = array_namespace(x)
    small = xp.exp(-xp.abs(x))
    return xp.where(x < 0, small, 1.0) / (1 + small)


def sigmoid_backward(dy, x):
    xp = array_namespace(x)
    small = xp.exp(-xp.abs(x))
    return dy * small / (1 + small) ** 2


def tanh(x):
    xp = array_namespace(x)
    less = xp.expm1(-2 * xp.abs(x))
    return xp.copysign(less / (2 + less), x)


def tanh_backward(dy, x):
    return sigmoid_backward(4 * dy, 2 * x)  # tanh(x) is 2 sigmoid(2 x) - 1


def gelu(x, form="exact"):
    return _narrowed(x * _gate(x, form), x)


def gelu_backward(dy, x, form="exact"):
    return _narrowed(dy * (_gate(x, form) + x * _gate_slope(x, form)), x)


def silu(x):
    return x * sigmoid(x)


def silu_backward(dy, x):
    s = sigmoid(x)
    return dy * s * (1 + x * (1 - s))


def dead_fraction(pre):
    xp = array_namespace(pre)
    return int(xp.count_nonzero(xp.all(pre <= 0, axis=0))) / pre.shape[1]


def _narrowed(result, x):
    """The result in the type of x, where it was wider."""
    return array_namespace(x).astype(result, x.dtype, copy=False)


def _size(x):
    """|x|, at most 40, beyond which a gate is shut in any float and powers would overflow; in float32 or wider."""
    xp = array_namespace(x)
    return xp.astype(xp.minimum(xp.abs(x), 40.0), xp.result_type(x.dtype, xp.float32), copy=False)


def _gate(x, form):
    """What x is multiplied by."""
    xp = array_namespace(x)
    size = _size(x)
    shut = sigmoid(-STEEP * size * (1 + CUBIC * size * size)) if form == "tanh" else 0.5 * _erfc(size * 0.5**0.5)
    return xp.where(x < 0, shut, 1 - shut)


def _gate_slope(x, form):
    """The gate's derivative, which is the same at x and at -x."""
    size = _size(x)
    square = size * size
    if form == "tanh":
        return sigmoid_backward(STEEP * (1 + 3 * CUBIC * square), STEEP * size * (1 + CUBIC * square))
    return array_namespace(x).exp(-0.5 * square) / (2 * math.pi) ** 0.5


def _erfc(y):
    """1 - erf(y), for y >= 0."""
    xp = array_namespace(y)
    near = 1 - y * _quotient(y * y, *NEAR)
    far = xp.exp(-y * y) * _quotient(y, *FAR)
    return xp.where(y < 0.46875, near, far)


def _quotient(y, upper, lower):
    above, below = upper[0], lower[0]
    for p, q in zip(upper[1:], lower[1:], strict=True):
        above, below = above * y + p, below * y + q
    return above / below
