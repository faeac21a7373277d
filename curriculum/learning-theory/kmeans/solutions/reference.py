"""k-means as it is written on paper: one centre at a time, so that no (n, k, d) array is ever made."""

import numpy as np


def kmeanspp(x, k, rng):
    n = len(x)
    chosen = [rng.integers(n)]
    nearest = squared_distances(x, x[chosen[0]])
    for _ in range(k - 1):
        cumulative = np.cumsum(nearest, dtype=np.float64)
        chosen.append(min(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"), n - 1))
        nearest = np.minimum(nearest, squared_distances(x, x[chosen[-1]]))
    return x[chosen]


def lloyd(x, centers, iters):
    inertia = np.empty(iters + 1, dtype=x.dtype)
    labels, inertia[0] = assign(x, centers)
    for step in range(iters):
        centers = move(x, labels, centers)
        labels, inertia[step + 1] = assign(x, centers)
    return centers.copy(), labels, inertia


def squared_distances(x, center):
    """(n,): from each row of x to one centre. Differences first: |x|^2 - 2 x.c + |c|^2 cancels far from the origin."""
    return ((x - center) ** 2).sum(axis=1)


def assign(x, centers):
    """The nearest centre of each point (argmin takes the first of equals), and the sum of the squared distances."""
    distances = np.stack([squared_distances(x, center) for center in centers])
    return distances.argmin(axis=0), distances.min(axis=0).sum()


def move(x, labels, centers):
    """Each centre to the mean of its points; one without points stays."""
    moved = centers.copy()
    for j in range(len(centers)):
        mine = labels == j
        if mine.any():
            moved[j] = x[mine].mean(axis=0)
    return moved
