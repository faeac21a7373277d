"""numpy, as fast as it gets here: a block of rows goes through every step while it is in the cache.

The reference writes several temporaries of x's size to memory; here the output is the only one. Sums along a row are
products with a vector of ones, or einsum, which BLAS and SIMD do faster than mean().
"""

import numpy as np

BLOCK = 1 << 15  # elements: 128 kB of float32, and a few such blocks fit a core's cache


def layer_norm(x, gamma, beta, eps=1e-5):
    x, dtype = _wide(x)
    out = np.empty(x.shape, x.dtype)
    for x_rows, y in _blocks(x, out):
        _standardize(x_rows, eps, out=y)
        y *= gamma
        y += beta
    return out.astype(dtype, copy=False)


def layer_norm_backward(dy, x, gamma, eps=1e-5):
    x, dtype = _wide(x)
    dx, dgamma, dbeta = (np.zeros(shape, x.dtype) for shape in (x.shape, gamma.shape, gamma.shape))
    for dy_rows, x_rows, g in _blocks(dy, x, dx):
        xhat = np.empty_like(x_rows)
        inv_std = _standardize(x_rows, eps, out=xhat)
        dgamma += np.einsum("rd,rd->d", dy_rows, xhat)
        dbeta += dy_rows.sum(axis=0)
        np.multiply(dy_rows, gamma, out=g)
        _without_share_of(xhat, g)
        g -= _mean(g)  # after xhat's share: xhat has mean 0, so that order does not matter
        g *= inv_std
    return tuple(a.astype(dtype, copy=False) for a in (dx, dgamma, dbeta))


def rms_norm(x, gamma, eps=1e-5):
    x, dtype = _wide(x)
    out = np.empty(x.shape, x.dtype)
    for x_rows, y in _blocks(x, out):
        np.multiply(x_rows, _inverse_rms(x_rows, eps), out=y)
        y *= gamma
    return out.astype(dtype, copy=False)


def rms_norm_backward(dy, x, gamma, eps=1e-5):
    x, dtype = _wide(x)
    dx, dgamma = np.zeros(x.shape, x.dtype), np.zeros(gamma.shape, x.dtype)
    for dy_rows, x_rows, g in _blocks(dy, x, dx):
        inv_rms = _inverse_rms(x_rows, eps)
        xhat = x_rows * inv_rms
        dgamma += np.einsum("rd,rd->d", dy_rows, xhat)
        np.multiply(dy_rows, gamma, out=g)
        _without_share_of(xhat, g)
        g *= inv_rms
    return dx.astype(dtype, copy=False), dgamma.astype(dtype, copy=False)


def _standardize(rows, eps, out):
    """Write (rows - mean) / std into out; returns 1 / std."""
    np.subtract(rows, _mean(rows), out=out)
    inv_std = _inverse_rms(out, eps)
    out *= inv_std
    return inv_std


def _inverse_rms(rows, eps):
    return 1 / np.sqrt(np.einsum("rd,rd->r", rows, rows) / rows.shape[-1] + eps)[:, None]


def _without_share_of(xhat, g):
    """g -= xhat * mean(g * xhat), in place; xhat is used up."""
    xhat *= (np.einsum("rd,rd->r", g, xhat) / g.shape[-1])[:, None]
    g -= xhat


def _mean(rows):
    return (rows @ np.ones(rows.shape[-1], rows.dtype))[:, None] / rows.shape[-1]


def _wide(x):
    """x in float32 if it was in half precision, and the type to return."""
    return x.astype(np.result_type(x, np.float32), copy=False), x.dtype


def _blocks(*arrays):
    """The same few rows of every array, again and again, as views (r, d)."""
    d = arrays[0].shape[-1]
    rows = [a.reshape(-1, d) for a in arrays]
    step = max(1, BLOCK // d)
    for start in range(0, len(rows[0]), step):
        yield [a[start : start + step] for a in rows]
