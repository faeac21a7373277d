"""In float64, with loops and Jacobi's method of its own: nothing of numpy.linalg."""

import math

import numpy as np


def jacobi(c):
    d, v = c.copy(), np.eye(len(c))
    for _ in range(60):
        for p in range(len(c)):
            for q in range(p + 1, len(c)):
                if abs(d[p, q]) < 1e-300:
                    continue
                theta = float(d[q, q] - d[p, p]) / float(2 * d[p, q])
                t = (1 if theta >= 0 else -1) / (abs(theta) + math.hypot(1.0, theta))
                cos = 1 / math.sqrt(1 + t * t)
                sin = t * cos
                for m in (d, d.T, v):
                    left, right = m[:, p].copy(), m[:, q].copy()
                    m[:, p], m[:, q] = cos * left - sin * right, sin * left + cos * right
    return np.diag(d).copy(), v


class PCA:
    def __init__(self, k):
        self.n_components = k

    def fit(self, x):
        wide = x.astype(np.float64)
        n, d = wide.shape
        self._mean = wide.sum(axis=0) / n
        cov = np.zeros((d, d))
        for row in wide - self._mean:
            cov += np.outer(row, row)
        w, v = jacobi(cov / (n - 1))
        order = sorted(range(d), key=lambda i: -w[i])[: self.n_components]
        self.explained_variance_ = w[order].astype(x.dtype)
        self.components_ = v[:, order].T.astype(x.dtype)

    def transform(self, x):
        return (x - self._mean.astype(x.dtype)) @ self.components_.T

    def inverse_transform(self, z):
        return (z @ self.components_ + self._mean).astype(z.dtype)
