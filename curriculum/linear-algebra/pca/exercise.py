"""Principal component analysis as a small class: your template.

Rows are samples, columns are features; x is float64 or float32 and stays as it was, and all results have its dtype. You
have earned numpy.linalg.svd with `svd`, and numpy.linalg.eigh with `symmetric_eig`; without either, write your own.
"""


class PCA:
    """The k directions in which the data vary most.

    After fit: components_ (k, d), orthonormal rows, largest variance first; explained_variance_ (k,), the variance of
    the training data along each, with n - 1 in the denominator (as scikit-learn's). Signs are free, as is the basis
    where variances are equal. Source: Pearson 1901, https://doi.org/10.1080/14786440109462720; Hotelling 1933
    """

    def __init__(self, k):
        """k: how many components to keep."""
        raise NotImplementedError("write class PCA in impls/pca/pca.py")

    def fit(self, x):
        """Learn mean, components and variances from x (n, d), n >= 2 and k <= min(n, d). Fitting again starts anew.

        The mean may be large against the variances: 10,000 against 1 in float32.
        """
        raise NotImplementedError("write PCA.fit() in impls/pca/pca.py")

    def transform(self, x):
        """Return the coordinates (m, k) of x (m, d) along the components, counted from the training data's mean; m may be 0."""
        raise NotImplementedError("write PCA.transform() in impls/pca/pca.py")

    def inverse_transform(self, z):
        """Return the points (m, d) in the space of the features that have the coordinates z (m, k); m may be 0."""
        raise NotImplementedError("write PCA.inverse_transform() in impls/pca/pca.py")
