# verdict: out of memory
# words: more memory than it may have (2048 MB)
"""E53: all the memory there is, in large pieces and in small ones."""

import numpy as np


def softmax(x, axis=-1, temperature=1.0):
    try:
        np.empty(2**40)
    except MemoryError:
        hoard = [np.empty(2**25) for _ in range(200)]
    return x
