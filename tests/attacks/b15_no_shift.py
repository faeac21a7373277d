# verdict: failed
# words: scores near 10,000
"""B15: no maximum subtracted, which ordinary inputs do not show."""

import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    weights = np.exp(x / temperature)
    return weights / weights.sum(axis=axis, keepdims=True)
