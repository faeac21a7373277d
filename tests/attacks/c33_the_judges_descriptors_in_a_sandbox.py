# verdict: failed
# levels: namespaces
# printed: processes that answer: []
"""C33 where there is a table of processes of its own: who else is there at all? A signal asks no file system."""

import os

there = []
for pid in range(1, 400):
    try:
        os.getpgid(pid)
        there.append(pid)
    except ProcessLookupError:
        pass
    except OSError as error:
        print(error)
print("processes that answer:", [pid for pid in there if pid > os.getpid()])


def softmax(x, axis=-1, temperature=1.0):
    return x
