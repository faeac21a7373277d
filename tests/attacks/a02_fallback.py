# verdict: used a banned call
# words: scipy
"""A2: an own attempt that always fails, and the library behind it."""

import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    try:
        return np.custom_softmax(x, axis, temperature)
    except AttributeError:
        from scipy.special import softmax as theirs

        return theirs(x / temperature, axis=axis)
