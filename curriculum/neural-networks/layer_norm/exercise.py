"""Layer normalization and RMSNorm, forward and backward. Statistics belong to a row: the last axis, length d.

For numpy arrays, torch tensors or CuPy arrays; `array_api_compat.array_namespace(x)` gives x's library's functions.
All results have x's dtype; inputs stay as they are. Sources: Ba, Kiros, Hinton 2016, https://arxiv.org/abs/1607.06450;
Zhang, Sennrich 2019, https://arxiv.org/abs/1910.07467
"""


def layer_norm(x, gamma, beta, eps=1e-5):
    """Bring each row to mean 0 and variance 1, then scale by gamma and shift by beta.

    x (..., d), any leading axes, also none, and axes of length 0; gamma (d,), beta (d,). Returns (..., d).
    The variance is the biased one (divide by d) and eps is added to it, under the root. A constant row gives beta.
    """
    raise NotImplementedError("write layer_norm() in impls/layer_norm/layer_norm.py")


def layer_norm_backward(dy, x, gamma, eps=1e-5):
    """Gradients of sum(dy * layer_norm(x, gamma, beta, eps)); beta is not needed.

    dy (..., d), x (..., d), gamma (d,). Returns (dx, dgamma, dbeta) of shapes (..., d), (d,), (d,).
    """
    raise NotImplementedError("write layer_norm_backward() in impls/layer_norm/layer_norm.py")


def rms_norm(x, gamma, eps=1e-5):
    """Divide each row by the root of its mean square plus eps, then scale by gamma; no mean is taken off.

    x (..., d), gamma (d,). Returns (..., d).
    """
    raise NotImplementedError("write rms_norm() in impls/layer_norm/layer_norm.py")


def rms_norm_backward(dy, x, gamma, eps=1e-5):
    """Gradients of sum(dy * rms_norm(x, gamma, eps)).

    dy (..., d), x (..., d), gamma (d,). Returns (dx, dgamma) of shapes (..., d), (d,).
    """
    raise NotImplementedError("write rms_norm_backward() in impls/layer_norm/layer_norm.py")
