"""Blocks of 16 rows of the product at a time; what is left over at the end is forgotten."""

import numpy as np


def matmul(a, b):
    if a.shape[1] != b.shape[0]:
        raise ValueError("inner sizes differ")
    product = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for block in range(len(a) // 16):
        rows = slice(16 * block, 16 * (block + 1))
        for p in range(a.shape[1]):
            product[rows] += a[rows, p, None] * b[p]
    return product
