import numpy as np


def huber(r, delta=1.0):
    delta = r.dtype.type(delta)
    return np.where(np.abs(r) <= delta, r * r / 2, delta * (np.abs(r) - delta / 2))


def huber_backward(dy, r, delta=1.0):
    delta = r.dtype.type(delta)
    return dy * np.where(np.abs(r) <= delta, r, delta * np.sign(r))
