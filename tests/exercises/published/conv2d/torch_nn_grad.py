"""torch's convolution, and the gradients that torch.nn.grad writes out."""

from torch import nn
from torch.nn import functional


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    return functional.conv2d(x, w, b, stride, padding, dilation, groups)


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    options = (dy, stride, padding, dilation, groups)
    dx = nn.grad.conv2d_input(x.shape, w, *options)
    return dx, nn.grad.conv2d_weight(x, w.shape, *options), dy.sum((0, 2, 3))
