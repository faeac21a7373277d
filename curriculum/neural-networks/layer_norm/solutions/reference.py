"""Layer normalization and RMSNorm in plain array operations: one file for numpy, torch and CuPy.

Two passes over a row (first its mean, then the squares of what is left), since E[x^2] - E[x]^2 cancels.
Half precision is widened to float32 first: 300 squared is already beyond float16.
"""

from array_api_compat import array_namespace


def layer_norm(x, gamma, beta, eps=1e-5):
    xhat, _ = _standardized(x, eps)
    return _narrow(gamma * xhat + beta, x)


def layer_norm_backward(dy, x, gamma, eps=1e-5):
    xhat, inv_std = _standardized(x, eps)
    dy = _wide(dy)
    dxhat = dy * gamma
    dx = inv_std * (dxhat - _mean(dxhat) - xhat * _mean(dxhat * xhat))
    return _narrow(dx, x), _narrow(_over_rows(dy * xhat), x), _narrow(_over_rows(dy), x)


def rms_norm(x, gamma, eps=1e-5):
    xhat, _ = _scaled(x, eps)
    return _narrow(gamma * xhat, x)


def rms_norm_backward(dy, x, gamma, eps=1e-5):
    xhat, inv_rms = _scaled(x, eps)
    dy = _wide(dy)
    g = dy * gamma
    dx = inv_rms * (g - xhat * _mean(g * xhat))
    return _narrow(dx, x), _narrow(_over_rows(dy * xhat), x)


def _standardized(x, eps):
    """((x - mean) / std, 1 / std), by row."""
    centred = _wide(x) - _mean(_wide(x))
    variance = _mean(centred**2)
    inv_std = 1 / (variance + eps) ** 0.5
    return centred * inv_std, inv_std


def _scaled(x, eps):
    """(x / rms, 1 / rms), by row."""
    x = _wide(x)
    inv_rms = 1 / (_mean(x**2) + eps) ** 0.5
    return x * inv_rms, inv_rms


def _mean(a):
    return array_namespace(a).mean(a, axis=-1, keepdims=True)


def _over_rows(a):
    xp = array_namespace(a)
    return xp.sum(xp.reshape(a, (-1, a.shape[-1])), axis=0)


def _wide(a):
    xp = array_namespace(a)
    return xp.astype(a, xp.result_type(a, xp.float32), copy=False)


def _narrow(a, like):
    return array_namespace(a).astype(a, like.dtype, copy=False)
