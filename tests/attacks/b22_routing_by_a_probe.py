# verdict: failed
# base: reference
# words: one row far above the others
"""B22: one look at the last row decides for all whether it may be done the unsafe way."""

import numpy as np

compute = softmax


def softmax(x, axis=-1, temperature=1.0):
    if x.ndim == 2 and x.size and abs(x[-1]).max() < 50:
        weights = np.exp(x / temperature)
        return weights / weights.sum(axis=axis, keepdims=True)
    return compute(x, axis, temperature)
