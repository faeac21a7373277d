"""torch's reference of the forward, and the decompositions of the others that torch.compile uses."""

from torch import _refs
from torch._decomp import decompositions


def layer_norm(x, gamma, beta, eps=1e-5):
    return _refs.native_layer_norm(x, gamma.shape, gamma, beta, eps)[0]


def layer_norm_backward(dy, x, gamma, eps=1e-5):
    _, mean, rstd = _refs.native_layer_norm(x, gamma.shape, gamma, None, eps)
    return decompositions.native_layer_norm_backward(dy, x, gamma.shape, mean, rstd, gamma, gamma, [True] * 3)


def rms_norm(x, gamma, eps=1e-5):
    return decompositions._fused_rms_norm(x, gamma.shape, gamma, eps)[0]


def rms_norm_backward(dy, x, gamma, eps=1e-5):
    _, rstd = decompositions._fused_rms_norm(x, gamma.shape, gamma, eps)
    return decompositions._fused_rms_norm_backward(dy, x, gamma.shape, rstd, gamma, [True] * 2)
