# verdict: used a banned call
# exercise: svd
# expected failure: what the traced run tells is told by a process that holds the answer (contract.md, 4)
# today: passed
"""A1: let the tracer tell that nothing was called."""

import gc

import numpy as np

factorise = getattr(getattr(np, "lin" + "alg"), "s" + "vd")
for thing in gc.get_objects():
    if type(thing).__name__ == "Tracer":
        type(thing).names = lambda self: []


def svd(a):
    return tuple(np.array(part) for part in factorise(np.array(a, subok=False), full_matrices=False))
