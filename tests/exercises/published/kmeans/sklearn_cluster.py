"""scikit-learn's seeding with one trial a centre (its default, several, is another law), and scipy's Lloyd in Python."""

import numpy as np
from scipy.cluster.vq import py_vq
from sklearn.cluster import kmeans_plusplus


def kmeanspp(x, k, rng):
    return kmeans_plusplus(x, k, random_state=np.random.RandomState(rng.bit_generator), n_local_trials=1)[0]


def lloyd(x, centers, iters):
    centers, inertia = centers.copy(), []
    for _ in range(iters):
        labels, distances = py_vq(x, centers)
        inertia.append((distances**2).sum())
        for j in set(labels.tolist()):
            centers[j] = x[labels == j].mean(axis=0)
    labels, distances = py_vq(x, centers)
    inertia.append((distances**2).sum())
    return centers, labels.astype(np.int64), np.asarray(inertia, x.dtype)
