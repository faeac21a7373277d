"""Both halves of the line apart, by boolean masks; erf by a series of positive terms."""

import numpy as np


def relu(x):
    return x * (x > 0)


def relu_backward(dy, x):
    return dy * (x > 0)


def leaky_relu(x, slope=0.01):
    return x * factor(x, slope)


def leaky_relu_backward(dy, x, slope=0.01):
    return dy * factor(x, slope)


def factor(x, slope):
    return np.where(x > 0, 1.0, slope).astype(x.dtype)


def sigmoid(x):
    out = np.zeros_like(x)
    positive = x >= 0
    out[positive] = 1 / (1 + np.exp(-x[positive]))
    grown = np.exp(x[~positive])
    out[~positive] = grown / (1 + grown)
    return out


def sigmoid_backward(dy, x):
    return dy * sigmoid(x) * sigmoid(-x)


def tanh(x):
    top = np.clip(x, -20, 20)
    return -np.expm1(-2 * top) / (2 + np.expm1(-2 * top))


def tanh_backward(dy, x):
    return 4 * dy * sigmoid(2 * x) * sigmoid(-2 * x)


def gelu(x, form="exact"):
    return (x * gate(x.astype(float), form)).astype(x.dtype)


def gelu_backward(dy, x, form="exact"):
    z = x.astype(float)
    if form == "tanh":
        c = np.sqrt(2 / np.pi)
        u = c * (z + 0.044715 * z**3)
        slope = 2 * sigmoid(2 * u) * sigmoid(-2 * u) * c * (1 + 3 * 0.044715 * z**2)
    else:
        slope = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return (dy * (gate(z, form) + z * slope)).astype(x.dtype)


def gate(z, form):
    if form == "tanh":
        return sigmoid(np.asarray(2 * np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    return (1 + erf(z / np.sqrt(2))) / 2


def erf(z):
    size = np.minimum(np.abs(z), 7.0)
    term = total = 2 / np.sqrt(np.pi) * size * np.exp(-size * size)
    for n in range(1, 120):  # a series of positive terms: nothing cancels
        term = term * 2 * size * size / (2 * n + 1)
        total = total + term
    return np.sign(z) * np.minimum(total, 1.0)


def silu(x):
    return x * sigmoid(x)


def silu_backward(dy, x):
    s = sigmoid(x)
    return dy * (s + x * s * sigmoid(-x))


def dead_fraction(pre):
    dead = 0
    for j in range(pre.shape[1]):
        if max(pre[:, j]) <= 0:
            dead += 1
    return dead / pre.shape[1]
