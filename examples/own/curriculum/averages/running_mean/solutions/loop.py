import numpy as np


def running_mean(x, width):
    means = [x[start : start + width].mean() for start in range(len(x) - width + 1)]
    return np.array(means, dtype=x.dtype)
