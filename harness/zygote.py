"""Has the libraries imported and forks workers from itself on request. Knows no spec and no path to one; computes nothing.

`python -I -m harness.zygote FD zygote MODULE...` serves forks until the judge hangs up; `FD worker` is one fresh
worker, for timing: workers forked from one zygote share their memory layout and hash seed, so they would not average it.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
from pathlib import Path

from harness import wire, worker

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Serve as what the arguments say, over the inherited socket."""
    channel = socket.socket(fileno=int(arguments[0]))
    channel.set_inheritable(False)
    leave_checkout()
    die_with_parent()
    if arguments[1] == "worker":
        worker.main(channel)
        os._exit(0)
    for name in arguments[2:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what the libraries allocated is never walked again, so its pages stay shared
    serve(channel)


def serve(channel: socket.socket) -> None:
    """Answer 'fork' with a pid and its pidfd, 'reap' with how the worker ended. The judge is not their parent."""
    while True:
        try:
            body, fds = wire.receive(channel, None)
        except EOFError:
            return
        message = wire.decode(body)
        if message["op"] == "fork":
            pid = fork_worker(channel, *fds)
            pidfd = os.pidfd_open(pid)
            wire.send(channel, wire.encode({"pid": pid}), [pidfd])
            os.close(pidfd)
        else:
            _, status, usage = os.wait4(message["pid"], 0)
            reply = {"status": status, "cpu_s": usage.ru_utime + usage.ru_stime, "max_rss_kb": usage.ru_maxrss}
            wire.send(channel, wire.encode(reply))


def fork_worker(judge: socket.socket, channel_fd: int, printed_fd: int) -> int:
    """Fork one worker on this channel, its output going to `printed_fd`; the parent keeps neither."""
    pid = os.fork()
    if pid == 0:
        try:
            judge.close()
            die_with_parent()
            become_quiet(printed_fd)
            worker.main(socket.socket(fileno=channel_fd))
        finally:
            os._exit(0)
    os.close(channel_fd)
    os.close(printed_fd)
    return pid


def become_quiet(printed_fd: int) -> None:
    """Standard input is empty; both outputs go to the judge's pipe."""
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (printed_fd, 1), (printed_fd, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(printed_fd)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent goes, however it goes."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leave_checkout() -> None:
    """Take an editable install's own folders off `sys.path`: there `impls` and `curriculum` would be importable."""
    package = Path(__file__).resolve().parent.parent
    if (package / "curriculum").is_dir():
        sys.path[:] = [p for p in sys.path if not p or Path(p).resolve() not in (package, package / "src")]


if __name__ == "__main__":
    main(sys.argv[1:])
