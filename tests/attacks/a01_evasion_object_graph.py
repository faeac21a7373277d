# verdict: used a banned call
# exercise: svd
# expected failure: a ufunc on plain arrays, found by a walk over live objects, is no Python call (contract.md, 4)
"""A1: never name numpy.linalg; find LAPACK's gate below it among the objects of the interpreter."""
import gc

import numpy as np

(gate,) = [
    thing for thing in gc.get_objects() if type(thing) is type(np) and thing.__name__.endswith("_umath_" + "linalg")
]


def svd(a):
    u, s, vt = gate.svd_s(np.array(a, subok=False))
    return np.array(u), np.array(s), np.array(vt)
