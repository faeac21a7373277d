"""A row of the product at a time, in NumPy: its entries weigh the rows of b, so row i is sum_p a[i, p] * b[p].

All products of one row go into one scratch array, k x n, made once, and are summed down its columns: two passes of
vector instructions over contiguous memory instead of n slow walks down the columns of b. Only a wide b is cut into
blocks of columns, so that scratch and block stay in a core's own cache; below half a megabyte cutting costs more
in calls than it saves.
"""

import numpy as np

SCRATCH_BYTES = 512 * 1024


def matmul(a, b):
    (m, k), (inner, n) = a.shape, b.shape
    if inner != k:
        raise ValueError(f"inner sizes differ: a is {m} x {k}, b is {inner} x {n}")
    product = np.empty((m, n), a.dtype)
    width = max(1, SCRATCH_BYTES // max(1, k * a.itemsize))
    for start in range(0, n, width):
        block = np.ascontiguousarray(b[:, start : start + width])
        scratch = np.empty_like(block)
        for i in range(m):
            np.multiply(a[i, :, None], block, out=scratch)
            np.add.reduce(scratch, axis=0, out=product[i, start : start + width])
    return product
