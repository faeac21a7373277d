"""A sum of k outer products on torch tensors: addcmul multiplies, broadcasts and adds in one pass over the result."""

import torch


def matmul(a, b):
    (m, k), (inner, n) = a.shape, b.shape
    if inner != k:
        raise ValueError(f"inner sizes differ: a is {m} x {k}, b is {inner} x {n}")
    product = torch.zeros((m, n), dtype=a.dtype, device=a.device)
    for column, row in zip(a.T.contiguous().unbind(), b.unbind(), strict=True):
        product.addcmul_(column[:, None], row)
    return product
