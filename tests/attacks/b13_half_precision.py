# verdict: failed
# base: reference
# words: allowed is
"""B13: float16 inside, float32 and float64 outside."""

import numpy as np

compute = softmax


def softmax(x, axis=-1, temperature=1.0):
    return compute(x.astype(np.float16), axis, temperature).astype(x.dtype)
