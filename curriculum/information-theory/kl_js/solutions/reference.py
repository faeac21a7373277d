"""Divergences from their definitions, for numpy, torch and CuPy."""

from array_api_compat import array_namespace


def kl(p, q):
    xp = array_namespace(p)
    possible = p > 0
    one = xp.ones_like(p)
    ratio = xp.where(possible, p, one) / xp.where(possible & (q > 0), q, one)
    terms = xp.where(possible & (q == 0), xp.full_like(p, float("inf")), p * xp.log(ratio))
    return xp.sum(terms, axis=-1)


def js(p, q):
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


def kl_gaussian(mu1, s1, mu2, s2):
    xp = array_namespace(mu1)
    shift = mu2 - mu1
    trace = xp.linalg.trace(xp.linalg.solve(s2, s1))
    distance = xp.sum(shift * xp.linalg.solve(s2, shift[:, None])[:, 0])
    log_det = xp.linalg.slogdet(s2)[1] - xp.linalg.slogdet(s1)[1]
    return (trace + distance - mu1.shape[0] + log_det) / 2


def fit_forward(p, family):
    xp = array_namespace(p)
    return int(xp.argmin(kl(xp.broadcast_to(p, family.shape), family)))


def fit_reverse(p, family):
    xp = array_namespace(p)
    return int(xp.argmin(kl(family, xp.broadcast_to(p, family.shape))))
