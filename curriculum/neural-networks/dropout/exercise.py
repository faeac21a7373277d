"""Dropout, its backward, and what it does to a linear unit: your template. Copy of it: impls/dropout/dropout.py.

Inverted dropout: what is kept is scaled up in training, so that evaluation has nothing to do. Float results have x's dtype;
inputs stay as they were. Sources: Hinton et al. 2012, https://arxiv.org/abs/1207.0580; Srivastava et al. 2014,
https://jmlr.org/papers/v15/srivastava14a.html
"""


def dropout(x, p, train, rng):
    """Return (y, mask). x: floats of any shape; p in [0, 1]: the probability that an entry is dropped.

    train=True: mask is boolean, of x's shape, each entry of it True (kept) with probability 1 - p, independently of all
    others; y is x / (1 - p) where it is kept and 0 where it is not. p = 1 drops everything: zeros, not nan.
    train=False: y equals x, and mask is True everywhere; nothing is drawn.
    rng: a numpy.random.Generator; a torch.Generator or cupy.random.Generator where x is of that library. All chance comes from it: the same state
    gives the same mask, and the next call with it another mask.
    """
    raise NotImplementedError("write dropout() in impls/dropout/dropout.py")


def dropout_backward(dy, mask, p):
    """Return dx, the gradient of sum(dy * y) in training. dy and dx have x's shape; mask is the forward's. p = 1: zeros."""
    raise NotImplementedError("write dropout_backward() in impls/dropout/dropout.py")


def ensemble_moments(w, x, p):
    """Return (mean, variance) over all masks of the linear unit w . dropout(x, p): exact, no draws. Each of shape (n,).

    w (d,): weights. x (n, d): n inputs, whose d entries are dropped independently; there are 2^d masks for each, which
    need not be equally likely. p in [0, 1]; with p = 1 the unit is always 0. d may be 1000, so list no masks.
    """
    raise NotImplementedError("write ensemble_moments() in impls/dropout/dropout.py")
