"""Mini-batches and stochastic gradient descent: your template. Copy of it: impls/sgd_minibatch/sgd_minibatch.py.

`rng` is a numpy.random.Generator, or torch's or CuPy's where arrays are of that library. All chance comes from it: the
same state of rng gives the same batches. Inputs stay as they were (but for rng, which moves on).
Source: Robbins, Monro 1951, https://doi.org/10.1214/aoms/1177729586; Bottou, Curtis, Nocedal 2018,
https://arxiv.org/abs/1606.04838
"""


def minibatches(n, batch, rng, drop_last=False):
    """Yield the batches of one epoch over n rows: arrays of row numbers, int64, of shape (batch,).

    Every row 0 .. n-1 comes exactly once, in an order drawn anew from rng at every call, all n! orders being equally
    likely. Where batch does not divide n the last array is shorter; with drop_last it is left out, and so are the
    rows that it would hold, which are other ones in every epoch. n may be 0 and batch larger than n.
    """
    raise NotImplementedError("write minibatches() in impls/sgd_minibatch/sgd_minibatch.py")


def sgd(loss_grad, params, x, y, lr, batch, epochs, rng):
    """Run `epochs` passes over the rows of x (n, d) and y (n,), with one step p <- p - lr * g for each mini-batch.

    loss_grad: a function of (params, rows of x, the same rows of y) that returns the list of gradients of the *mean*
    loss of these rows; so a last, shorter batch needs no factor. params: list of arrays, which stay as they were.
    Returns the new list of parameters, in their dtype.
    """
    raise NotImplementedError("write sgd() in impls/sgd_minibatch/sgd_minibatch.py")
