"""scikit-learn's greedy k-means++: the best of several draws for each centre. Often better, and another law."""

import numpy as np


def kmeanspp(x, k, rng):
    n = len(x)
    chosen = [rng.integers(n)]
    nearest = ((x - x[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(k - 1):
        cumulative = np.cumsum(nearest, dtype=np.float64)
        trials = np.searchsorted(cumulative, rng.random(2 + int(np.log(k))) * cumulative[-1]).clip(max=n - 1)
        after = [np.minimum(nearest, ((x - x[trial]) ** 2).sum(axis=1)) for trial in trials]
        best = int(np.argmin([distances.sum() for distances in after]))
        chosen.append(trials[best])
        nearest = after[best]
    return x[chosen]


def lloyd(x, centers, iters):
    raise NotImplementedError("only the seeding is wrong here")
