"""Divergences between distributions: your template. Copy of it: impls/kl_js/kl_js.py.

For numpy arrays, torch tensors or CuPy arrays; `array_api_compat.array_namespace(p)` gives their library's functions.
Probabilities are not negative and sum to one along the last axis (up to rounding; do not renormalize). Results are in
nats and have the dtype of p; inputs stay as they were.
Sources: Kullback, Leibler 1951, https://doi.org/10.1214/aoms/1177729694; Lin 1991, https://doi.org/10.1109/18.61115
"""


def kl(p, q):
    """Return sum(p log(p / q)) along the last axis, which is dropped; p and q (..., n) have the same shape.

    Where p is 0 nothing is added, whatever q is; inf where q is 0 and p is not. A vector gives shape ().
    """
    raise NotImplementedError("write kl() in impls/kl_js/kl_js.py")


def js(p, q):
    """Return the Jensen-Shannon divergence (kl(p, m) + kl(q, m)) / 2 with m = (p + q) / 2, of shape (...).

    The divergence, not its square root. Always finite: 0 for equal distributions, log 2 for those that share nothing.
    """
    raise NotImplementedError("write js() in impls/kl_js/kl_js.py")


def kl_gaussian(mu1, s1, mu2, s2):
    """Return KL(N(mu1, s1) || N(mu2, s2)), shape (), for means (d,) and covariances (d, d), symmetric and positive.

    Correct for hundreds of dimensions too, where a determinant would overflow or underflow.
    """
    raise NotImplementedError("write kl_gaussian() in impls/kl_js/kl_js.py")


def fit_forward(p, family):
    """Return the int i for which KL(p || family[i]) is smallest: p (n,), family (k, n). Of equals the lowest i."""
    raise NotImplementedError("write fit_forward() in impls/kl_js/kl_js.py")


def fit_reverse(p, family):
    """Return the int i for which KL(family[i] || p) is smallest: p (n,), family (k, n). Of equals the lowest i."""
    raise NotImplementedError("write fit_reverse() in impls/kl_js/kl_js.py")
