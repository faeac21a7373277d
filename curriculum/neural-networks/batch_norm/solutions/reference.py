"""Batch normalization in plain array operations: one file for numpy, torch and CuPy.

Two passes over a channel (first its mean, then the squares of what is left), since E[x^2] - E[x]^2 cancels.
"""

from array_api_compat import array_namespace


class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5, momentum=0.1):
        xp = array_namespace(gamma)
        self.gamma, self.beta, self.eps, self.momentum = gamma, beta, eps, momentum
        self.running_mean, self.running_var = xp.zeros_like(gamma), xp.ones_like(gamma)

    def forward(self, x, train):
        mean, var = self._statistics(x) if train else (self.running_mean, self.running_var)
        inv_std = 1 / (var + self.eps) ** 0.5
        xhat = (x - _aligned(mean, x)) * _aligned(inv_std, x)
        self.cache = xhat, inv_std, train
        return _aligned(self.gamma, x) * xhat + _aligned(self.beta, x)

    def _statistics(self, x):
        """Mean and variance of the batch; moves the running ones."""
        m = _values(x)
        if m < 2:
            raise ValueError(f"training needs two values a channel or more, not {m} (x has shape {tuple(x.shape)})")
        mean = _sum(x) / m
        var = _sum((x - _aligned(mean, x)) ** 2) / m
        rate = self.momentum
        self.running_mean = (1 - rate) * self.running_mean + rate * mean
        self.running_var = (1 - rate) * self.running_var + rate * var * m / (m - 1)
        return mean, var

    def backward(self, dy):
        xhat, inv_std, train = self.cache
        m = _values(dy)
        dgamma, dbeta = _sum(dy * xhat), _sum(dy)
        scale = _aligned(self.gamma * inv_std, dy)
        if not train:  # the running statistics are constants
            return scale * dy, dgamma, dbeta
        dx = scale * (dy - _aligned(dbeta / m, dy) - xhat * _aligned(dgamma / m, dy))
        return dx, dgamma, dbeta


def _values(x):
    """How many values a channel has."""
    count = x.shape[0]
    for size in x.shape[2:]:
        count *= size
    return count


def _sum(a):
    """Over everything but the channels: (c,)."""
    return array_namespace(a).sum(a, axis=(0, *range(2, a.ndim)))


def _aligned(a, x):
    """(c,) so that it broadcasts against x."""
    return array_namespace(a).reshape(a, (1, -1) + (1,) * (x.ndim - 2))
