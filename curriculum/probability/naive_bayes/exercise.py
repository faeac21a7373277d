"""Naive Bayes, Gaussian and multinomial: your template. Copy of it: impls/naive_bayes/naive_bayes.py.

For numpy arrays or torch tensors; `array_api_compat.array_namespace(x)` gives their library's functions. x is (n, d),
one row an example; y (n,) int64 holds any K different labels, such as 3 and 7. Results have the dtype of x, and columns in
the order of the sorted labels. Inputs stay as they were; fit keeps what it needs of them.
Priors are the labels' shares in y. Work with logarithms: a product of thousands of densities is 0 in every float type.
Sources: Maron 1961, https://doi.org/10.1145/321075.321084; McCallum, Nigam 1998,
https://www.cs.cmu.edu/~knigam/papers/multinomial-aaaiws98.pdf
"""


class GaussianNB:
    """Given the class, features are independent normals with the class's own means and variances.

    Variances are those of maximum likelihood (divided by the number of rows, not one less), and var_smoothing times the
    largest variance of any feature over *all* rows is added to each: a feature that is constant in a class divides by 0 otherwise.
    """

    def __init__(self, var_smoothing=1e-9):
        raise NotImplementedError("write class GaussianNB in impls/naive_bayes/naive_bayes.py")

    def fit(self, x, y):
        """Estimate priors, means and variances from x (n, d) and y (n,)."""
        raise NotImplementedError("write GaussianNB.fit() in impls/naive_bayes/naive_bayes.py")

    def predict_log_proba(self, x):
        """Return the logarithms of the posterior probabilities, (m, K), for x (m, d)."""
        raise NotImplementedError("write GaussianNB.predict_log_proba() in impls/naive_bayes/naive_bayes.py")

    def predict(self, x):
        """Return the likeliest label of each row, (m,) int64."""
        raise NotImplementedError("write GaussianNB.predict() in impls/naive_bayes/naive_bayes.py")


class MultinomialNB:
    """Rows are counts (floats >= 0) of d words, drawn independently from the class's own distribution over words.

    The probability of a word in a class is (its count in the class + alpha) / (all counts in the class + alpha * d),
    alpha > 0. The multinomial coefficient of a row is the same in all classes and drops out.
    """

    def __init__(self, alpha=1.0):
        raise NotImplementedError("write class MultinomialNB in impls/naive_bayes/naive_bayes.py")

    def fit(self, x, y):
        """Estimate priors and word probabilities from counts x (n, d) and y (n,)."""
        raise NotImplementedError("write MultinomialNB.fit() in impls/naive_bayes/naive_bayes.py")

    def predict_log_proba(self, x):
        """Return the logarithms of the posterior probabilities, (m, K), for counts x (m, d)."""
        raise NotImplementedError("write MultinomialNB.predict_log_proba() in impls/naive_bayes/naive_bayes.py")

    def predict(self, x):
        """Return the likeliest label of each row, (m,) int64."""
        raise NotImplementedError("write MultinomialNB.predict() in impls/naive_bayes/naive_bayes.py")
