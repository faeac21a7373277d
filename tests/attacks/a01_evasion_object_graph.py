# verdict: used a banned call
# exercise: svd
# expected failure: a ufunc on plain arrays, found by a walk over live objects, is no Python call (contract.md, 4)
# today: passed
"""A1: never name numpy.linalg; find LAPACK's gate below it by a walk from module to module."""

import numpy as np

reached = [np]
for module in reached:
    reached += [thing for thing in vars(module).values() if type(thing) is type(np) and thing not in reached]
(gate,) = [module for module in reached if module.__name__.endswith("_umath_linalg")]


def svd(a):
    u, s, vt = gate.svd_s(np.array(a, subok=False))
    return np.array(u), np.array(s), np.array(vt)
