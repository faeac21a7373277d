"""torch's pooling, its unpooling where windows do not overlap, and autograd."""

import torch
from torch.nn import functional


def max_pool2d(x, k, stride=None, padding=0):
    return functional.max_pool2d(x, k, stride, padding, return_indices=True)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    return functional.avg_pool2d(x, k, stride, padding, count_include_pad=count_include_pad)


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    x = torch.zeros(shape, dtype=dy.dtype, requires_grad=True)
    return torch.autograd.grad(avg_pool2d(x, k, stride, padding, count_include_pad), x, dy)[0]
