"""scipy.stats.entropy, which divides by the sum first; with two arguments it is a divergence."""

from scipy import stats


def entropy(p, base=None, axis=-1):
    return stats.entropy(p, base=base, axis=axis)


def cross_entropy(p, q, axis=-1):
    return stats.entropy(p, axis=axis) + stats.entropy(p, q, axis=axis)


def joint_entropy(p):
    return stats.entropy(p, axis=None)


def conditional_entropy(p):
    return stats.entropy(p, axis=None) - stats.entropy(p.sum(axis=1))
