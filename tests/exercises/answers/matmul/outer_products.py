"""A running sum of outer products, whole matrices at a time."""

import numpy as np


def matmul(a, b):
    if a.shape[1] != b.shape[0]:
        raise ValueError(f"shapes {a.shape} and {b.shape} not aligned")
    c = np.zeros_like(a, shape=(a.shape[0], b.shape[1]))
    for p in range(a.shape[1]):
        c += np.outer(a[:, p], b[p])
    return c
