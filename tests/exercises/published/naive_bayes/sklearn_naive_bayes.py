"""scikit-learn's two."""

from sklearn import naive_bayes


class GaussianNB(naive_bayes.GaussianNB):
    def __init__(self, var_smoothing=1e-9):
        super().__init__(var_smoothing=var_smoothing)


class MultinomialNB(naive_bayes.MultinomialNB):
    def __init__(self, alpha=1.0):
        super().__init__(alpha=alpha)

    def predict_log_proba(self, x):
        return super().predict_log_proba(x).astype(x.dtype)  # it computes in float64 whatever it is given
