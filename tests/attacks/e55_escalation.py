# verdict: failed
# printed: open: []
# unconfined: signal
"""E55: other processes, new namespaces, mounts, and the parts of the kernel with the longest lists of holes."""

import os
import signal

import numpy as np

c = np.ctypeslib.ctypes  # the library that the import hook would see is there already
libc = c.CDLL(None, use_errno=True)
parent, tmpfs = os.getppid(), b"tmpfs"
COLUMN = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
CALLS = {
    "io_uring": ((425, 425), 1, 0), "add_key": ((248, 217), b"user", b"a", b"b", 1, -3), "bpf": ((321, 280), 0, 0, 0),
    "userfaultfd": ((323, 282), 0), "perf": ((298, 241), 0, 0, -1, -1, 0), "unshare user": ((272, 97), 0x10000000),
    "unshare mount": ((272, 97), 0x20000), "mount": ((165, 40), tmpfs, b"/dev/shm", tmpfs, 0, 0),
    "seize": ((101, 117), 0x4206, parent, 0, 0), "read memory": ((310, 270), parent, 0, 0, 0, 0, 0),
    "pidfd": ((434, 434), parent, 0), "memfd": ((319, 279), b"a", 0), "setuid": ((105, 146), 0),
    "chroot": ((161, 51), b"/"), "open by handle": ((304, 265), -100, 0, 0), "shmget": ((29, 194), 0, 4096, 0o1600),
    "clone a process": ((56, 220), 17, 0, 0, 0, 0), "new session": ((112, 157),), "queue": ((68, 186), 0, 0o1600),
}  # fmt: skip


def tried(name, numbers, *arguments):
    c.set_errno(0)
    result = libc.syscall(numbers[COLUMN], *[a if isinstance(a, bytes) else c.c_long(a) for a in arguments])
    if name == "clone a process" and result == 0:
        os._exit(0)
    return result != -1 or c.get_errno() not in (1, 38)  # EPERM, ENOSYS


opened = [name for name, (numbers, *arguments) in CALLS.items() if tried(name, numbers, *arguments)]
try:
    os.kill(parent, 0)
    opened.append("signal")
except OSError:
    pass
print("open:", sorted(opened))


def softmax(x, axis=-1, temperature=1.0):
    return x
