"""Entropy and its relatives: your template. Copy of it: impls/entropy/entropy.py.

For numpy arrays, torch tensors or CuPy arrays; `array_api_compat.array_namespace(p)` gives their library's functions.
Probabilities are not negative and sum to one along `axis` (up to rounding; do not renormalize). Results are in nats,
have the dtype of p, and p and q stay as they were. 0 log 0 is 0 everywhere: what never happens carries no information.
Sources: Shannon 1948, https://doi.org/10.1002/j.1538-7305.1948.tb01338.x; Cover, Thomas 2006,
https://doi.org/10.1002/047174882X chapter 2
"""


def entropy(p, base=None, axis=-1):
    """Return -sum(p log p) along `axis`, which is dropped: p (2, 3), axis=0 gives (3,); a vector gives shape ().

    base: of the logarithm, a number above 1; None is e, 2 gives bits. A certain outcome has entropy 0, exactly.
    """
    raise NotImplementedError("write entropy() in impls/entropy/entropy.py")


def cross_entropy(p, q, axis=-1):
    """Return -sum(p log q) along `axis`, which is dropped; p and q have the same shape.

    inf where q gives probability 0 to something that p says may happen; where p is 0 nothing is added, whatever q is.
    """
    raise NotImplementedError("write cross_entropy() in impls/entropy/entropy.py")


def joint_entropy(p):
    """Return H(X, Y), shape (), for p (n, m) with p[x, y] the probability of X = x and Y = y; all of p sums to one."""
    raise NotImplementedError("write joint_entropy() in impls/entropy/entropy.py")


def conditional_entropy(p):
    """Return H(Y|X), shape (), for the same p (n, m): what is left to learn of the column once the row is known.

    A row of zeros never happens and adds nothing.
    """
    raise NotImplementedError("write conditional_entropy() in impls/entropy/entropy.py")
