# verdict: failed
# words: Too many open files
"""E53: descriptors without end."""

import os


def softmax(x, axis=-1, temperature=1.0):
    held = []
    try:
        while len(held) < 100_000:
            held.append(os.dup(1))
    finally:
        for fd in held:
            os.close(fd)
    return x
