"""The same in NumPy with a pair as one complex number: a rotation is one product with exp(i angle), in one pass.

Neighbours in memory are already real and imaginary part, so the interleaved layout needs no copy at all.
Halves are multiplied in place, a matrix (t, d) at a time, so that they are in the cache when they are read again.
"""

import numpy as np


def _angles(positions, d, base):
    return np.multiply.outer(positions.astype(np.float64), base ** (-2 * np.arange((d + 1) // 2) / d))


def sinusoidal(positions, d, base=10000.0):
    angles = _angles(positions, d, base)
    columns = np.empty((len(positions), d), positions.dtype)
    columns[:, 0::2] = np.sin(angles)
    columns[:, 1::2] = np.cos(angles[:, : d // 2])
    return columns


def rope(x, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(x, offset, base, layout, 1)


def rope_backward(dy, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(dy, offset, base, layout, -1)


def _rotated(x, offset, base, layout, sign):
    t, d = x.shape[-2:]
    if d % 2 != 0:
        raise ValueError(f"a width of {d} has no pairs")
    if layout not in ("interleaved", "half"):
        raise ValueError(f"layout is {layout!r}, not 'interleaved' or 'half'")
    angles = sign * _angles(np.arange(t) + np.float64(offset), d, base)
    pair = np.result_type(x.dtype, np.complex64)
    if layout == "interleaved":
        return (np.ascontiguousarray(x).view(pair) * np.exp(1j * angles).astype(pair)).view(x.dtype)
    return _halves(x, np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype))


def _halves(x, cos, sin):
    out, middle = np.empty(x.shape, x.dtype), x.shape[-1] // 2
    product = np.empty_like(cos)
    for i in np.ndindex(x.shape[:-2]):
        a, b = x[i][:, :middle], x[i][:, middle:]
        first, second = out[i][:, :middle], out[i][:, middle:]
        np.multiply(a, cos, out=first)
        first -= np.multiply(b, sin, out=product)
        np.multiply(a, sin, out=second)
        second += np.multiply(b, cos, out=product)
    return out
