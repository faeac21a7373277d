"""k-means: seeding (k-means++) and Lloyd's iterations. Nothing of sklearn, scipy.cluster or torch.cdist."""


def kmeanspp(x, k, rng):
    """Draw k rows of x as first centres, far from each other by chance.

    x (n, d), float64 or float32; k >= 1. rng: the backend's generator (numpy.random.Generator, torch.Generator,
    cupy.random.Generator), the only source of randomness; each call goes on where the last one stopped.
    Returns centers (k, d) in x's dtype, in the order in which they were chosen: the first uniformly among the n rows,
    each next one with probability proportional to the squared distance to the nearest centre chosen so far. Where all
    these distances are 0 (fewer than k different rows), any row of x will do; nothing is raised.
    Not the greedy variant with several trials for each centre, which follows another law.
    Source: Arthur & Vassilvitskii 2007, https://dl.acm.org/doi/10.5555/1283383.1283494
    """
    raise NotImplementedError("write kmeanspp() in impls/kmeans/kmeans.py")


def lloyd(x, centers, iters):
    """Lloyd's algorithm: `iters` times, give each point to its nearest centre and move each centre to its points' mean.

    x (n, d), centers (k, d), same float dtype; iters >= 0, always done in full (no early stop is needed).
    Returns (centers, labels, inertia): centers (k, d) after the last move; labels (n,) int64, for each point the index
    of the nearest of these returned centers; inertia (iters + 1,), in x's dtype, the sum over the points of the squared
    distance to the nearest centre, for the centres after 0, 1, ..., iters moves: inertia[0] belongs to the centres
    given, inertia[-1] to what is returned.
    A tie goes to the lower index. A centre without points stays where it is. `x` and `centers` are left as they were.
    Source: Lloyd 1982, https://doi.org/10.1109/TIT.1982.1056489
    """
    raise NotImplementedError("write lloyd() in impls/kmeans/kmeans.py")
