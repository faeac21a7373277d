"""Naive Bayes, class by class, in log space: one file for numpy and torch."""

import math

from array_api_compat import array_namespace


class GaussianNB:
    def __init__(self, var_smoothing=1e-9):
        self.var_smoothing = var_smoothing

    def fit(self, x, y):
        xp = array_namespace(x)
        self.labels = xp.unique_values(y)
        groups = [x[y == label] for label in self.labels]
        floor = self.var_smoothing * xp.max(xp.var(x, axis=0))
        self.log_priors = [math.log(group.shape[0] / x.shape[0]) for group in groups]
        self.means = [xp.mean(group, axis=0) for group in groups]
        self.variances = [xp.var(group, axis=0) + floor for group in groups]

    def predict_log_proba(self, x):
        xp = array_namespace(x)
        joint = []
        for log_prior, mean, variance in zip(self.log_priors, self.means, self.variances, strict=True):
            log_density = -(xp.log(2 * math.pi * variance) + (x - mean) ** 2 / variance) / 2
            joint.append(log_prior + xp.sum(log_density, axis=1))
        return normalized(xp.stack(joint, axis=1))

    def predict(self, x):
        return self.labels[array_namespace(x).argmax(self.predict_log_proba(x), axis=1)]


class MultinomialNB:
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, x, y):
        xp = array_namespace(x)
        self.labels = xp.unique_values(y)
        groups = [x[y == label] for label in self.labels]
        self.log_priors = [math.log(group.shape[0] / x.shape[0]) for group in groups]
        counts = [xp.sum(group, axis=0) + self.alpha for group in groups]
        self.log_words = [xp.log(count / xp.sum(count)) for count in counts]

    def predict_log_proba(self, x):
        xp = array_namespace(x)
        pairs = zip(self.log_priors, self.log_words, strict=True)
        return normalized(xp.stack([log_prior + xp.sum(x * words, axis=1) for log_prior, words in pairs], axis=1))

    def predict(self, x):
        return self.labels[array_namespace(x).argmax(self.predict_log_proba(x), axis=1)]


def normalized(joint):
    """Subtract the logarithm of each row's sum of exponentials, with the largest taken out first."""
    xp = array_namespace(joint)
    shifted = joint - xp.max(joint, axis=1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
