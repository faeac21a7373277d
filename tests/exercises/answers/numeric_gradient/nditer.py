"""With an iterator over multi-indices that moves one array in place and puts it back, as in the notes of CS231n."""

import numpy as np


def numeric_grad(f, x, h=None):
    x = x.copy()
    grad = np.empty_like(x)
    it = np.nditer(x, flags=["multi_index", "zerosize_ok"], op_flags=["readwrite"])
    while not it.finished:
        ix = it.multi_index
        old = float(x[ix])
        step = h or 6e-6 * (abs(old) if old else 1.0)
        x[ix] = old + step
        fxph = f(x)
        x[ix] = old - step
        fxmh = f(x)
        x[ix] = old
        grad[ix] = (fxph - fxmh) / (2 * step)
        it.iternext()
    return grad


def check_grad(f, g, x):
    a, n = g(x), numeric_grad(f, x)
    if np.shape(a) != np.shape(x):
        raise ValueError(f"{np.shape(a)} against {np.shape(x)}")
    if x.size == 0:
        return 0.0
    with np.errstate(invalid="ignore"):
        rel = np.abs(a - n) / np.maximum(np.abs(a), np.abs(n))
    rel = np.where((a == 0) & (n == 0), 0.0, rel)
    return float(np.max(rel))
