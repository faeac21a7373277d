"""torch.distributions' divergence of two normals, by its Cholesky factors."""

from torch.distributions import MultivariateNormal, kl_divergence


def kl_gaussian(mu1, s1, mu2, s2):
    return kl_divergence(MultivariateNormal(mu1, s1), MultivariateNormal(mu2, s2))
