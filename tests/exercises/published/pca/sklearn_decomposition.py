"""scikit-learn's PCA by its exact solver. It refuses to transform no samples at all."""

from sklearn import decomposition


class PCA:
    def __init__(self, k):
        self.k, self.fitted = k, decomposition.PCA(k, svd_solver="full")

    def fit(self, x):
        self.fitted.fit(x)
        self.components_, self.explained_variance_ = self.fitted.components_, self.fitted.explained_variance_

    def transform(self, x):
        return self.fitted.transform(x) if len(x) else x[:, : self.k]

    def inverse_transform(self, z):
        return self.fitted.inverse_transform(z) if len(z) else z @ self.components_
