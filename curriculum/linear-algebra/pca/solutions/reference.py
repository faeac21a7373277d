"""PCA from the eigenvectors of the covariance matrix. Any array-API backend."""

from array_api_compat import array_namespace


class PCA:
    def __init__(self, k):
        self.k = k

    def fit(self, x):
        xp = array_namespace(x)
        self.mean = xp.mean(x, axis=0)
        centred = x - self.mean  # before squaring: E[x x^T] - mean mean^T would cancel
        covariance = centred.T @ centred / (x.shape[0] - 1)
        variances, vectors = xp.linalg.eigh(covariance)  # ascending, vectors in columns
        largest_first = xp.flip(xp.arange(x.shape[1] - self.k, x.shape[1]))
        self.explained_variance_ = variances[largest_first]
        self.components_ = vectors[:, largest_first].T
        return self

    def transform(self, x):
        return (x - self.mean) @ self.components_.T

    def inverse_transform(self, z):
        return z @ self.components_ + self.mean
