"""By np.cov, rotations of the axes until the covariances vanish (arctan2 for the angle), and float64 throughout."""

import numpy as np


def orthonormal(m):
    out = []
    for column in m.T:
        for _ in range(2):
            for other in out:
                column = column - (other @ column) * other
        size = np.sqrt(column @ column)
        while size < 1e-12:
            column = np.random.default_rng(len(out)).standard_normal(len(column))
            for _ in range(2):
                for other in out:
                    column = column - (other @ column) * other
            size = np.sqrt(column @ column)
        out.append(column / size)
    return np.stack(out, axis=1)


def rotate_to_axes(v, c):
    """The basis of span(v) in which v^T c v is diagonal, by Jacobi's rotations of its columns."""
    v = v.copy()
    for _ in range(30):
        for p in range(v.shape[1]):
            for q in range(p + 1, v.shape[1]):
                a, b, g = v[:, p] @ c @ v[:, p], v[:, q] @ c @ v[:, q], v[:, p] @ c @ v[:, q]
                angle = 0.5 * np.arctan2(2 * g, b - a)
                vp, vq = v[:, p].copy(), v[:, q].copy()
                v[:, p], v[:, q] = np.cos(angle) * vp - np.sin(angle) * vq, np.sin(angle) * vp + np.cos(angle) * vq
    return v


class PCA:
    def __init__(self, k):
        self.k = k

    def fit(self, x):
        wide = np.asarray(x, dtype=np.float64)
        self.mean_ = wide.mean(axis=0)
        d = wide.shape[1]
        c = np.cov(wide, rowvar=False, ddof=1).reshape(d, d)
        v = rotate_to_axes(np.eye(d), c)
        variance = np.array([v[:, j] @ c @ v[:, j] for j in range(d)])
        order = np.argsort(-variance)[: self.k]
        v = orthonormal(v[:, order])
        self.components_ = np.ascontiguousarray(v.T).astype(x.dtype)
        self.explained_variance_ = variance[order].astype(x.dtype)
        return self

    def transform(self, x):
        z = (np.asarray(x, np.float64) - self.mean_) @ self.components_.T.astype(np.float64)
        return z.astype(x.dtype)

    def inverse_transform(self, z):
        back = np.asarray(z, np.float64) @ self.components_.astype(np.float64) + self.mean_
        return back.astype(z.dtype)
