# verdict: used a banned call
# exercise: svd
# expected failure: the profiler of the traced run lies in the answer's own process, and can be taken off (contract.md, 4)
# today: passed
"""A1: take off the profiler, and the type by which arrays tell; then call what is banned."""

import sys

import numpy as np

factorise = getattr(getattr(np, "lin" + "alg"), "s" + "vd")


def svd(a):
    sys.setprofile(None)
    return tuple(np.array(part) for part in factorise(np.array(a, subok=False), full_matrices=False))
