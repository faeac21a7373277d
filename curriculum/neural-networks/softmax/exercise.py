"""Softmax and its relatives: your template. Copy of it: impls/softmax/softmax.py.

x is a float array of any shape; `axis` is any of its axes, counted from the front or (negative) from the back.
Results have the dtype of x, and x itself stays as it was.
"""


def softmax(x, axis=-1, temperature=1.0):
    """Turn scores into weights that are positive and sum to one along `axis`.

    Entry i of a row is exp(x_i / temperature) / sum_j exp(x_j / temperature); temperature > 0. Same shape as x.
    Finite scores never overflow, however large they are and however small the temperature is: near temperature 0
    the result is 1 at the largest score and 0 elsewhere. A score of -inf gets weight 0; a row of nothing
    but -inf has no answer and gives nan, as in torch.
    Source: Bridle 1990, https://doi.org/10.1007/978-3-642-76153-9_28
    """
    raise NotImplementedError("write softmax() in impls/softmax/softmax.py")


def log_softmax(x, axis=-1):
    """Return the logarithm of softmax(x, axis), same shape as x.

    Finite wherever x is, also where softmax itself rounds to 0, and precise also where all scores are large.
    An entry of -inf stays -inf; a row of nothing but -inf gives nan, as in torch.
    """
    raise NotImplementedError("write log_softmax() in impls/softmax/softmax.py")


def logsumexp(x, axis=-1):
    """Return log(sum(exp(x))) along `axis`, which is dropped: x (2, 3), axis=0 gives (3,); a vector gives shape ().

    Finite wherever a row has a finite largest entry; a row of nothing but -inf gives -inf, the logarithm of 0.
    """
    raise NotImplementedError("write logsumexp() in impls/softmax/softmax.py")


def softmax_backward(dy, y):
    """Carry a gradient back through y = softmax(x) along the last axis, at temperature 1.

    dy (..., n): derivative of a loss with respect to y. y (..., n): the forward's result, so x is not needed.
    Returns dx (..., n), the derivative with respect to x.
    """
    raise NotImplementedError("write softmax_backward() in impls/softmax/softmax.py")
