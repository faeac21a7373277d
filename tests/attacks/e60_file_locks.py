# verdict: failed
# printed: open: []
# unconfined: flock
"""E60: a lock on a file that every worker may read is a flag that two of them share."""

import fcntl
import os

opened = []
for name, lock in (("flock", fcntl.flock), ("lockf", fcntl.lockf)):
    try:
        with open(os.__file__) as file:
            lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        opened.append(name)
    except OSError:
        pass
print("open:", opened)


def softmax(x, axis=-1, temperature=1.0):
    return x
