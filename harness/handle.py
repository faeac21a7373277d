"""The judge's hand on one worker: ask, wait, read what it printed, kill. Knows no spec.

A worker that dies, hangs, floods or lies becomes a `WorkerEnd` with the verdict and the words for it, never a hang.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness import confine, wire

START_S = 60.0  # torch took 3.5 s from a cold disk; twenty times that is a broken machine
SEND_S = 10.0
PRINTED_KEPT = 20_000


@dataclass(frozen=True)
class Allowance:
    """What one worker may take (from the spec's Limits), and where it may read and write."""

    call_s: float
    load_s: float
    memory_mb: int
    scratch_mb: int
    printed_mb: int


class WorkerEnd(Exception):
    """The worker's end, or its silence: one of the report's verdicts, and words for the learner."""

    def __init__(self, verdict: str, words: str) -> None:
        super().__init__(words)
        self.verdict, self.words = verdict, words


@dataclass
class Worker:
    """One process with the learner's code (or a reference's) in it, and everything that it may be asked."""

    pid: int
    pidfd: int
    channel: socket.socket
    printed_fd: int
    allowance: Allowance
    box: confine.Box | None
    imports: tuple[str, ...]
    reap: Any
    protections: tuple[str, ...] = ()
    seq: int = 0
    printed: bytearray = field(default_factory=bytearray)
    printed_bytes: int = 0
    ended: WorkerEnd | None = None
    closed: bool = False

    def __post_init__(self) -> None:
        self.poll = select.poll()
        for fd in (self.channel.fileno(), self.printed_fd, self.pidfd):
            self.poll.register(fd, select.POLLIN)
        first = {"seq": 0, "box": self.box.to_wire() if self.box else None, "imports": list(self.imports)}
        wire.send(self.channel, wire.encode(first))

    def ready(self) -> Worker:
        """Wait until it is confined and has its libraries. Raises ConfinementError."""
        reply = self.reply(START_S, "starting")
        if reply["status"] != "ready":
            self.close()
            raise confine.ConfinementError(reply["message"])
        self.protections = tuple(reply["protections"])
        return self

    def request(self, message: dict[str, Any], wall_s: float, doing: str, fds: Sequence[int] = ()) -> dict[str, Any]:
        """Ask, and wait for the reply at most `wall_s`. Raises WorkerEnd."""
        self.send(message, doing, fds)
        return self.reply(wall_s, doing)

    def send(self, message: dict[str, Any], doing: str, fds: Sequence[int] = ()) -> None:
        self.seq += 1
        try:
            wire.send(self.channel, wire.encode({**message, "seq": self.seq}), fds, time.monotonic() + SEND_S)
        except TimeoutError:
            raise self._kill("timed out", f"it did not listen while {doing}") from None
        except OSError:
            raise self._death(doing) from None

    def reply(self, wall_s: float, doing: str) -> dict[str, Any]:
        """The reply to the last request. Raises WorkerEnd when it is late, malformed, out of turn, or never comes."""
        deadline = time.monotonic() + wall_s
        while True:
            events = dict(self.poll.poll(max(0.0, min(deadline - time.monotonic(), 0.25)) * 1000))
            self._drain()
            if self.channel.fileno() in events:
                return self._read_reply(deadline, doing)
            if self.pidfd in events:
                raise self._death(doing)
            if time.monotonic() >= deadline:
                raise self._kill("timed out", f"{doing} took longer than {wall_s:g} s and was stopped")
            self._refuse_floods(doing)
            if self.box is not None and _tree_bytes(self.box.scratch) > self.allowance.scratch_mb * 2**20:
                raise self._kill(
                    "crashed",
                    f"it wrote more than {self.allowance.scratch_mb} MB of files while {doing} and was stopped",
                )

    def _refuse_floods(self, doing: str) -> None:
        most = self.allowance.printed_mb
        if self.printed_bytes > most * 2**20:
            raise self._kill("crashed", f"it printed more than {most} MB while {doing} and was stopped")

    def _read_reply(self, deadline: float, doing: str) -> dict[str, Any]:
        try:
            body, _ = wire.receive(self.channel, deadline, most_fds=0)
        except (EOFError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise self._kill("timed out", f"its reply while {doing} stopped halfway") from None
            raise self._death(doing) from None
        except wire.WireError as error:
            raise self._kill("protocol broken", f"its reply while {doing} was not a reply: {error}") from None
        return self._checked(body, doing)

    def _checked(self, body: bytes, doing: str) -> dict[str, Any]:
        """What a frame says, if it is the reply to the last request."""
        try:
            reply = wire.decode(body)
        except wire.WireError as error:
            raise self._kill("protocol broken", f"its reply while {doing} was not a reply: {error}") from None
        if not isinstance(reply, dict) or reply.get("seq") != self.seq or not _well_formed(reply, first=self.seq == 0):
            raise self._kill("protocol broken", f"it wrote to the judge's channel while {doing}")
        return reply

    def _drain(self) -> None:
        """Take what was printed off the pipe, so that a chatty answer never blocks; keep the beginning."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.printed_fd, 65536):
                self.printed_bytes += len(chunk)
                self.printed += chunk[: PRINTED_KEPT - len(self.printed)]
                if self.printed_bytes > self.allowance.printed_mb * 2**20:
                    return

    def _death(self, doing: str) -> WorkerEnd:
        """The process is gone or going: say how."""
        if not select.select([self.pidfd], [], [], 1.0)[0]:
            return self._kill("protocol broken", f"it closed the judge's channel while {doing}")
        self._drain()
        end = self._finish()
        status = end["status"]
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
            if number == signal.SIGKILL:
                return self._ended(
                    "out of memory", f"the system killed it (SIGKILL) while {doing}: most likely out of memory"
                )
            if number == signal.SIGXCPU:
                return self._ended("timed out", f"it used up its CPU time while {doing}")
            return self._ended("crashed", f"it died of {name}{_SIGNALS.get(name, '')} while {doing}")
        return self._ended("crashed", f"it ended itself with exit code {os.WEXITSTATUS(status)} while {doing}")

    def _kill(self, verdict: str, words: str) -> WorkerEnd:
        self._drain()
        self.close()
        return self._ended(verdict, words)

    def stopped(self, words: str) -> WorkerEnd:
        """End a worker that took too long in all."""
        return self._kill("timed out", words)

    def broken(self, words: str) -> WorkerEnd:
        """End a worker whose reply was well-formed but impossible."""
        return self._kill("protocol broken", words)

    def _ended(self, verdict: str, words: str) -> WorkerEnd:
        self.ended = WorkerEnd(verdict, words)
        return self.ended

    def _finish(self) -> dict[str, Any]:
        """Reap, and give back every descriptor."""
        if self.closed:
            return {"status": 0}
        self.closed = True
        end: dict[str, Any] = self.reap(self.pid)
        self.channel.close()
        os.close(self.printed_fd)
        os.close(self.pidfd)
        return end

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        if not self.closed:
            self._drain()
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            self._finish()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_SIGNALS = {
    "SIGSEGV": " (it touched memory that is not its own)",
    "SIGABRT": " (a library aborted)",
    "SIGFPE": " (an integer was divided by zero in C)",
    "SIGBUS": " (it touched memory that is not there)",
    "SIGSYS": " (it made a forbidden system call)",
}


def _well_formed(reply: dict[str, Any], first: bool) -> bool:
    """Are the keys that this status needs there, of the right types? Values are checked where they are used."""
    shapes: dict[str, dict[str, type]] = {
        "ready": {"protections": list},
        "unconfined": {"message": str},
        "done": {},
        "mismatch": {"message": str},
        "not written": {"message": str},
        "raised": {"names": list, "message": str, "frames": list},
    }
    status = reply.get("status")
    if not isinstance(status, str) or status not in shapes or (status in ("ready", "unconfined")) != first:
        return False
    if not all(isinstance(reply.get(key), kind) for key, kind in shapes[status].items()):
        return False
    return status != "raised" or (
        bool(reply["names"]) and all(isinstance(text, str) for text in reply["names"] + reply["frames"])
    )


def _tree_bytes(folder: str) -> int:
    """Bytes of all files below a scratch folder."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(base, name)).st_blocks * 512
    return total
