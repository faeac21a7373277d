"""As in the well-known model code: cosines and sines of the full width, and x turned by a quarter."""

import math

import numpy as np


def sinusoidal(positions, d, base=10000.0):
    table = [[(math.cos if c % 2 else math.sin)(float(p) * math.exp(-math.log(base) * (c - c % 2) / d)) for c in range(d)]
             for p in positions]  # fmt: skip
    return np.array(table, dtype=positions.dtype).reshape(len(positions), d)


def _tables(x, offset, base, layout):
    t, d = x.shape[-2:]
    if d % 2 or layout not in ("interleaved", "half"):
        raise ValueError("even widths, and one of two layouts")
    frequencies = 1.0 / base ** (np.arange(0, d, 2) / d)
    angles = (np.arange(t) + offset)[:, None] * frequencies
    angles = np.repeat(angles, 2, axis=1) if layout == "interleaved" else np.tile(angles, 2)
    return np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)


def _quarter(x, layout):
    if layout == "half":
        a, b = np.split(x, 2, axis=-1)
        return np.concatenate([-b, a], axis=-1)
    turned = np.empty_like(x)
    turned[..., ::2], turned[..., 1::2] = -x[..., 1::2], x[..., ::2]
    return turned


def rope(x, offset=0, base=10000.0, layout="interleaved"):
    cos, sin = _tables(x, offset, base, layout)
    return x * cos + _quarter(x, layout) * sin


def rope_backward(dy, offset=0, base=10000.0, layout="interleaved"):
    cos, sin = _tables(dy, offset, base, layout)
    return dy * cos - _quarter(dy, layout) * sin
