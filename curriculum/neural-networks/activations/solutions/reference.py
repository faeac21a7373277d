"""Activations and their derivatives as the formulas say, in plain NumPy; erf one number at a time."""

import math

import numpy as np

ROOT_2, ROOT_2_OVER_PI, ROOT_2_PI = math.sqrt(2), math.sqrt(2 / math.pi), math.sqrt(2 * math.pi)
CUBIC = 0.044715


def relu(x):
    return np.where(x > 0, x, x.dtype.type(0))


def relu_backward(dy, x):
    return np.where(x > 0, dy, x.dtype.type(0))


def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, x.dtype.type(slope) * x)


def leaky_relu_backward(dy, x, slope=0.01):
    return np.where(x > 0, dy, x.dtype.type(slope) * dy)


def sigmoid(x):
    small = np.exp(-np.abs(x))  # never above 1, so that nothing overflows
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def sigmoid_backward(dy, x):
    y = sigmoid(x)
    return dy * y * (1 - y)


def tanh(x):
    less = np.expm1(-2 * np.abs(x))  # exp(-2|x|) - 1, without losing the small difference
    return np.sign(x) * -less / (2 + less)


def tanh_backward(dy, x):
    return dy * (1 - tanh(x) ** 2)


def gelu(x, form="exact"):
    return x * gate(x, form)


def gelu_backward(dy, x, form="exact"):
    if form == "tanh":
        bent = tanh(ROOT_2_OVER_PI * (x + CUBIC * x**3))
        slope = 0.5 * (1 - bent**2) * ROOT_2_OVER_PI * (1 + 3 * CUBIC * x**2)
    else:
        slope = np.exp(-(x**2) / 2) / ROOT_2_PI
    return dy * (gate(x, form) + x * slope)


def gate(x, form):
    """Phi(x), or what stands for it."""
    if form == "tanh":
        return 0.5 * (1 + tanh(ROOT_2_OVER_PI * (x + CUBIC * x**3)))
    return 0.5 * (1 + erf(x / ROOT_2))


def erf(x):
    return np.array([math.erf(number) for number in x.ravel().tolist()], x.dtype).reshape(x.shape)


def silu(x):
    return x * sigmoid(x)


def silu_backward(dy, x):
    s = sigmoid(x)
    return dy * s * (1 + x * (1 - s))


def dead_fraction(pre):
    return float((pre <= 0).all(axis=0).mean())
