# verdict: passed
# base: reference
# printed: open: []
# memory: 60
# timing: honest or slower
"""D46: 64 MiB that are gone before anybody looks, and no child to keep them in. The peak is the kernel's."""

import mmap
import os

opened = []
try:
    if os.fork() == 0:
        os._exit(0)
    opened.append("fork")
except OSError:
    pass
print("open:", opened)
compute = softmax


def softmax(x, axis=-1, temperature=1.0):
    if x.shape == (1024, 1024):
        with mmap.mmap(-1, 2**26) as spare:
            for start in range(0, 2**26, 4096):
                spare[start] = 1
    return compute(x, axis, temperature)
