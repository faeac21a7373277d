# verdict: failed
# printed: open: []
# unconfined: a program
"""E59: fetch what is missing with pip."""

import os
import sys

opened = []
try:
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "pass"], {})
    os.waitpid(pid, 0)
    opened.append("a program")
except OSError:
    pass
print("open:", opened)


def softmax(x, axis=-1, temperature=1.0):
    return x
