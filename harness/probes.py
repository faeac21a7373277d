"""What is really closed at a sandbox level on this machine: ten attempts from inside a worker, told as open or closed.

A level that is configured may still be open, by an old kernel or a container's policy; so it is tried. The attempts are
an answer like any other, sent into a worker of that level.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import handle
from harness.answer import from_text
from harness.catalog import Shipped
from harness.session import session

DECISIVE = frozenset(
    {"read the shipped solutions", "read another submission", "write to the system", "see the judge", "signal the judge",
     "start a program", "make a process", "connect to the judge's machine"}
)  # fmt: skip

ATTEMPTS = """
import ctypes, os, signal, socket


def attempts(content, other, judge, port):
    def read(path):
        with open(path, "rb") as file:
            return file.read(1)

    def write(path):
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)

    def connect():
        with socket.socket() as one:
            one.settimeout(1)
            one.connect(("127.0.0.1", port))

    def fork():
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    def ctypes_call(name, *arguments):
        if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) == -1:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def mount():
        try:  # on a folder that is not there, so that a kernel which would let it happens to nothing
            ctypes_call("mount", b"none", b"/nowhere/at/all", b"tmpfs", 0, None)
        except FileNotFoundError:
            return

    tries = {
        "read the shipped solutions": lambda: read(content),
        "read another submission": lambda: read(other),
        "write to the system": lambda: write("/usr/lib/scratchmark-probe"),
        "see the judge": lambda: read(f"/proc/{judge}/environ"),
        "signal the judge": lambda: os.kill(judge, 0),
        "start a program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "make a process": fork,
        "connect to the judge's machine": connect,
        "mount a file system": mount,
        "make a user namespace": lambda: ctypes_call("unshare", 0x10000000),
        "trace another process": lambda: ctypes_call("ptrace", 0x4206, judge, 0, 0),  # PTRACE_SEIZE, which stops nobody
    }
    found = {}
    for name, attempt in tries.items():
        try:
            attempt()
            found[name] = "open"
        except BaseException as error:
            found[name] = f"closed: {type(error).__name__}"
    return found
"""


@dataclass(frozen=True)
class Probed:
    """Of one level: what was attempted, and how it went ('open', or 'closed: ...' with the exception's name)."""

    level: str
    found: dict[str, str]

    @property
    def open(self) -> list[str]:
        return [name for name, how in self.found.items() if how == "open"]

    @property
    def holes(self) -> list[str]:
        """Those open ones with which no strangers' code may be run."""
        return [name for name in self.open if name in DECISIVE]


SPEC = """from harness.spec import Exercise, Part, Plain

EXERCISE = Exercise(1, parts=(Part("attempts", lambda rng: {}, (), outputs=Plain(dict)),))
"""


def probe(level: str, content: Path) -> Probed:
    """Try a level. `content`: a file that no answer may read. Raises handle.WorkerEnd, confine.ConfinementError."""
    with tempfile.TemporaryDirectory() as folder, session("numpy", sandbox=level) as opened, _listener() as port:
        Path(folder, "spec.py").write_text(SPEC)
        other = Path(folder, "other.py")
        other.write_text("a secret")
        shipped = Shipped("probe", Path(folder))
        driven, outcome = opened.open(shipped, from_text("probe", ATTEMPTS))
        if outcome.status != "done":
            raise handle.WorkerEnd("did not load", outcome.words)
        inputs = {"content": str(content), "other": str(other), "judge": os.getpid(), "port": port}
        result = driven.call(shipped.exercise.parts[0], inputs, None, None)
        return Probed(level, {str(name): str(how) for name, how in result.value.items()})


@contextmanager
def _listener() -> Iterator[int]:
    """A port of this machine on which a connection would succeed."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]
