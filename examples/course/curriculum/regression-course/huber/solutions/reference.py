import numpy as np


def huber(r, delta=1.0):
    near = np.minimum(np.abs(r), delta)
    return near * (np.abs(r) - near / 2)


def huber_backward(dy, r, delta=1.0):
    return dy * np.clip(r, -delta, delta)
