"""Right, in another style: everything in longdouble, whose exponents hold all these squares."""

import math

import numpy as np


def clip_by_norm(grads, max_norm):
    total = np.longdouble(0)
    for g in grads:
        for entry in np.asarray(g, np.longdouble).ravel():
            total += entry * entry
    norm = float(np.sqrt(total))
    if math.isnan(norm) or math.isinf(norm) or norm <= max_norm:
        return grads, norm
    clipped = []
    for g in grads:
        clipped.append(np.asarray(np.asarray(g, np.float64) * (max_norm / norm)).astype(g.dtype))
    return clipped, norm


def clip_by_value(grads, c):
    result = []
    for g in grads:
        out = np.array(g)
        out[g > c] = c
        out[g < -c] = -c
        result.append(out)
    return result
