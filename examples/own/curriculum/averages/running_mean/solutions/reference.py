import numpy as np


def running_mean(x, width):
    windows = np.lib.stride_tricks.sliding_window_view(x, width)
    return windows.mean(axis=-1)
