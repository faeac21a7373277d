# verdict: failed
# printed: open: []
# expected failure: flock on a library's file is let through, so that two answers graded at the same moment can pass bits
# today: open: ['flock']
"""E60: a lock on a file that every worker may read is a flag that two of them share."""

import fcntl
import os

opened = []
try:
    with open(os.__file__) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    opened.append("flock")
except OSError:
    pass
print("open:", opened)


def softmax(x, axis=-1, temperature=1.0):
    return x
