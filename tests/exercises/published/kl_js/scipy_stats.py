"""scipy.stats.entropy of two distributions, and scipy.spatial's distance, which is the root of the divergence."""

import numpy as np
from scipy import stats
from scipy.spatial import distance


def kl(p, q):
    return stats.entropy(p, q, axis=-1)


def js(p, q):
    return distance.jensenshannon(p, q, axis=-1) ** 2


def fit_forward(p, family):
    return int(np.argmin(stats.entropy(p[None, :], family, axis=-1)))


def fit_reverse(p, family):
    return int(np.argmin(stats.entropy(family, p[None, :], axis=-1)))
