# verdict: crashed
# verdict at namespaces: failed
# words: it wrote more than 64 MB of files
# words at namespaces: No space left on device
"""E53: files without end. Level process adds them up; in a sandbox of its own the file system is as small as that."""

import time


def softmax(x, axis=-1, temperature=1.0):
    for number in range(12):
        with open(f"{number}.bin", "wb") as file:
            file.write(bytes(8 * 2**20))
    time.sleep(3)
    return x
