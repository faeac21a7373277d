"""Dictionaries by label, one row and one feature at a time, log-sum-exp by a running maximum."""

import math

import numpy as np


def log_normalized(scores, dtype):
    out = np.empty((len(scores), len(scores[0]) if scores else 0), dtype)
    for i, row in enumerate(scores):
        top = max(row)
        total = top + math.log(sum(math.exp(s - top) for s in row))
        out[i] = [s - total for s in row]
    return out


class Classifier:
    def fit(self, x, y):
        self.classes = sorted({int(label) for label in y})
        self.prior = {c: float((y == c).mean()) for c in self.classes}
        self.learn(x.astype(np.float64), y)

    def predict_log_proba(self, x):
        rows = x.astype(np.float64)
        return log_normalized(
            [[math.log(self.prior[c]) + self.score(row, c) for c in self.classes] for row in rows], x.dtype
        )

    def predict(self, x):
        best = self.predict_log_proba(x).argmax(axis=1)
        return np.array([self.classes[i] for i in best], dtype=np.int64)


class GaussianNB(Classifier):
    def __init__(self, var_smoothing=1e-9):
        self.var_smoothing = var_smoothing

    def learn(self, x, y):
        epsilon = self.var_smoothing * float(np.var(x, axis=0).max())
        self.theta, self.sigma = {}, {}
        for c in self.classes:
            rows = x[y == c]
            self.theta[c] = rows.mean(axis=0)
            self.sigma[c] = ((rows - self.theta[c]) ** 2).sum(axis=0) / len(rows) + epsilon

    def score(self, row, c):
        total = -0.5 * float(np.log(2.0 * np.pi * self.sigma[c]).sum())
        return total - 0.5 * float(((row - self.theta[c]) ** 2 / self.sigma[c]).sum())


class MultinomialNB(Classifier):
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def learn(self, x, y):
        self.logs = {}
        for c in self.classes:
            counts = np.zeros(x.shape[1])
            for row, label in zip(x, y, strict=True):
                if label == c:
                    counts += row
            self.logs[c] = np.log(counts + self.alpha) - math.log(counts.sum() + self.alpha * len(counts))

    def score(self, row, c):
        return float(row @ self.logs[c])
