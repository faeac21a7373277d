"""Loops with math.log; JS as a difference of entropies; the Gaussian by an explicit inverse and a sum of logarithms of eigenvalues."""

import math

import numpy as np


def kl_rows(p, q):
    total = 0.0
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        if a > 0:
            total += a * (math.log(a) - math.log(b)) if b > 0 else math.inf
    return total


def kl(p, q):
    out = np.zeros(p.shape[:-1], p.dtype)
    for i in np.ndindex(out.shape):
        out[i] = kl_rows(p[i], q[i])
    return out


def entropy(p):
    return np.array(
        -sum(np.where(p[..., i] > 0, p[..., i] * np.log(np.maximum(p[..., i], 1e-300)), 0) for i in range(p.shape[-1]))
    )


def js(p, q):
    wide_p, wide_q = p.astype(np.float64), q.astype(np.float64)
    return (entropy(0.5 * (wide_p + wide_q)) - 0.5 * entropy(wide_p) - 0.5 * entropy(wide_q)).astype(p.dtype)


def kl_gaussian(mu1, s1, mu2, s2):
    inverse = np.linalg.inv(s2)
    delta = mu1 - mu2
    mahalanobis = delta @ inverse @ delta
    log_ratio = np.sum(np.log(np.linalg.eigvalsh(s2))) - np.sum(np.log(np.linalg.eigvalsh(s1)))
    return 0.5 * (log_ratio - mu1.size + np.einsum("ij,ji->", inverse, s1) + mahalanobis)


def fit_forward(p, family):
    best, best_loss = 0, math.inf
    for i in range(len(family)):
        loss = kl_rows(p, family[i])
        if loss < best_loss:
            best, best_loss = i, loss
    return best


def fit_reverse(p, family):
    losses = [kl_rows(candidate, p) for candidate in family]
    return losses.index(min(losses))
