# verdict: used a banned call
# words: numpy.linalg.svd
# exercise: svd
"""A1, E61: an attribute looked up by a name made at run time. The second net, the traced run, sees the call."""

import numpy as np

factorise = getattr(getattr(np, "lin" + "alg"), "s" + "vd")


def svd(a):
    return tuple(factorise(a, full_matrices=False))
