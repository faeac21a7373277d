# verdict: out of memory
# message: asked for more memory than it may have (2048 MB)
import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    return np.ones(50 * 2**30, np.uint8)
