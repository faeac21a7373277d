"""The formulas on torch tensors, with torch.erf and torch.expm1; temporaries are reused in place."""

import math

import torch

ROOT_2, ROOT_2_OVER_PI, ROOT_2_PI = math.sqrt(2), math.sqrt(2 / math.pi), math.sqrt(2 * math.pi)
CUBIC = 0.044715


def relu(x):
    return x.clamp(min=0)


def relu_backward(dy, x):
    return torch.where(x > 0, dy, 0)


def leaky_relu(x, slope=0.01):
    return torch.where(x > 0, x, slope * x)


def leaky_relu_backward(dy, x, slope=0.01):
    return torch.where(x > 0, dy, slope * dy)


def sigmoid(x):
    small = x.abs().neg_().exp_()
    return torch.where(x < 0, small, 1).div_(small + 1)


def sigmoid_backward(dy, x):
    y = sigmoid(x)
    return (y - y * y).mul_(dy)


def tanh(x):
    less = x.abs().mul_(-2).expm1_()
    return torch.copysign(less / (less + 2), x)


def tanh_backward(dy, x):
    y = tanh(x)
    return dy - dy * y * y


def gelu(x, form="exact"):
    return gate(x, form).mul_(x)


def gelu_backward(dy, x, form="exact"):
    phi = gate(x, form)
    if form == "tanh":
        slope = 2 * phi * (1 - phi) * (ROOT_2_OVER_PI * (1 + 3 * CUBIC * x * x))
    else:
        slope = (-0.5 * x * x).exp_().div_(ROOT_2_PI)
    return slope.mul_(x).add_(phi).mul_(dy)


def gate(x, form):
    if form == "tanh":
        return sigmoid(2 * ROOT_2_OVER_PI * (x + CUBIC * x * x * x))
    return (x / ROOT_2).erf_().add_(1).mul_(0.5)


def silu(x):
    return sigmoid(x).mul_(x)


def silu_backward(dy, x):
    s = sigmoid(x)
    return (x * (1 - s)).add_(1).mul_(s).mul_(dy)


def dead_fraction(pre):
    return float((pre <= 0).all(dim=0).double().mean())
