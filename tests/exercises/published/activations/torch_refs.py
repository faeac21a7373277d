"""torch's references forward, its decompositions backward; two of these take the function's result, not its input."""

import torch
from torch import _refs
from torch._decomp import decompositions
from torch._refs.nn import functional


def relu(x):
    return functional.relu(x)


def relu_backward(dy, x):
    return decompositions.threshold_backward(dy, x, 0)


def leaky_relu(x, slope=0.01):
    return functional.leaky_relu(x, slope)


def leaky_relu_backward(dy, x, slope=0.01):
    return decompositions.leaky_relu_backward(dy, x, slope, False)


def sigmoid(x):
    return _refs.sigmoid(x)


def sigmoid_backward(dy, x):
    return decompositions.sigmoid_backward(dy, torch.sigmoid(x))


def tanh(x):
    return _refs.tanh(x)


def tanh_backward(dy, x):
    return decompositions.tanh_backward(dy, torch.tanh(x))


def gelu(x, form="exact"):
    return functional.gelu(x, "none" if form == "exact" else form)


def gelu_backward(dy, x, form="exact"):
    return decompositions.gelu_backward(dy, x, "none" if form == "exact" else form)


def silu(x):
    return decompositions.silu(x)


def silu_backward(dy, x):
    return decompositions.silu_backward(dy, x)
