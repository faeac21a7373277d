"""Three loops over Python's own numbers, on lists; the way of a first course."""

import numpy as np


def matmul(a, b):
    if a.shape[1] != b.shape[0]:
        raise ValueError("cannot multiply")
    rows, columns = a.tolist(), b.T.tolist()
    c = np.zeros((len(a), b.shape[1]), dtype=a.dtype)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            total = 0.0
            for x, y in zip(row, column, strict=True):
                total += x * y
            c[i, j] = total
    return c
