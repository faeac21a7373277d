# verdict: failed
# case: softmax/matrix: the answer is not a number (nan) where
import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    return np.full_like(x, np.nan)
