# verdict: failed
# printed: made 0 processes
# words: softmax/matrix: it raised PermissionError
# unconfined: made 5 processes
"""E52: a fork bomb of at most five a call, lest it be one where nothing stops it."""

import os


def softmax(x, axis=-1, temperature=1.0):
    made = 0
    try:
        while made < 5:
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
            made += 1
    finally:
        print("made", made, "processes")
    return x
