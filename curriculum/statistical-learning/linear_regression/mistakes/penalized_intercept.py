"""The intercept as one more weight, of a column of ones: the penalty then pulls it to 0 as well."""

import numpy as np


def fit(x, y, l2=0.0):
    columns = np.concatenate([x, np.ones_like(x[:, :1])], axis=1)
    u, s, vt = np.linalg.svd(columns, full_matrices=False)
    known = s > 10 * max(x.shape) * np.finfo(x.dtype).eps * s.max()
    s = np.where(known, s, 1)
    weights = vt.T @ (np.where(known, s / (s**2 + l2), 0).astype(x.dtype) * (u.T @ y))
    return weights[:-1], weights[-1]


def predict(x, w, b):
    return x @ w + b
