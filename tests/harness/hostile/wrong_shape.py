# verdict: failed
# case: softmax/matrix: expected a numpy.ndarray float64 (4, 7), got numpy.ndarray float64 (28,)
import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    weights = np.exp(x - x.max(axis=axis, keepdims=True))
    return (weights / weights.sum(axis=axis, keepdims=True)).ravel()
