"""The eigenvectors of whichever is smaller, X^T X (d, d) or X X^T (n, n). Any array-API backend.

X X^T u = s u gives X^T X (X^T u) = s (X^T u): the same eigenvalues, and the vectors for one product more. X^T u has
length sqrt(s), so small s leave directions that are mostly rounding; a QR, largest first, makes them orthonormal again.
"""

from array_api_compat import array_namespace


class PCA:
    def __init__(self, k):
        self.k = k

    def fit(self, x):
        xp = array_namespace(x)
        n, d = x.shape
        self.mean = xp.mean(x, axis=0)
        centred = x - self.mean
        gram = centred.T @ centred if d <= n else centred @ centred.T
        squares, vectors = xp.linalg.eigh(gram)
        largest_first = xp.flip(xp.arange(min(n, d) - self.k, min(n, d)))
        vectors = vectors[:, largest_first]
        if d > n:
            vectors, _ = xp.linalg.qr(centred.T @ vectors)
        self.explained_variance_ = squares[largest_first] / (n - 1)
        self.components_ = vectors.T
        return self

    def transform(self, x):
        return (x - self.mean) @ self.components_.T

    def inverse_transform(self, z):
        return z @ self.components_ + self.mean
