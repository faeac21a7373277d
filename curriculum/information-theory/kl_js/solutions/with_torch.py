"""torch: xlogy for the zeros, Cholesky factors and triangular solves for the Gaussians."""

import torch


def kl(p, q):
    ratio = torch.where(p > 0, p / q, 1)
    return torch.xlogy(p, ratio).sum(dim=-1)


def js(p, q):
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


def kl_gaussian(mu1, s1, mu2, s2):
    l1, l2 = torch.linalg.cholesky(s1), torch.linalg.cholesky(s2)
    whitened = torch.linalg.solve_triangular(l2, torch.column_stack([l1, mu2 - mu1]), upper=False)
    half_log_det = (l2.diagonal() / l1.diagonal()).log().sum()
    return (whitened.square().sum() - len(mu1)) / 2 + half_log_det


def fit_forward(p, family):
    return int(kl(p.expand_as(family), family).argmin())


def fit_reverse(p, family):
    return int(kl(family, p.expand_as(family)).argmin())
