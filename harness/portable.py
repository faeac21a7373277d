"""Portable mode (experimental): workers for systems without Unix sockets, pidfds and memfds (macOS, Windows).

A freshly started process on two pipes, arenas in temporary files, the wall clock, no confinement: for code that you
wrote yourself. Its times are advisory and earn no mark (contract.md, 5). On Linux `--portable` is for trying it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from harness import arms, driven, handle, process, wire
from harness.answer import Source
from harness.arms import Arm
from harness.backends import backend
from harness.catalog import Shipped
from harness.driven import Setting
from harness.handle import Allowance, WorkerEnd
from harness.reading import Reading
from harness.spec import Limits

COMMAND = (sys.executable, "-I", "-B", "-m", "harness.portable_worker")
TOLD = ("portable mode: nothing is confined, times are advisory",)
ADVISORY = "advisory: portable mode reads the wall clock, and stops no other process"


class PipedWorker(handle.Worker):
    """The judge's hand on a worker at the other end of two pipes. A thread waits for its replies."""

    def __init__(self, allowance: Allowance, imports: Sequence[str], threads: int, folder: Path) -> None:
        self.allowance, self.imports, self.box = allowance, tuple(imports), None
        self.protections, self.seq, self.ended, self.closed = (), 0, None, False
        self.printed, self.printed_bytes = bytearray(), 0
        target, name = tempfile.mkstemp(prefix="printed-", dir=folder)
        # A place of its own in the file, as the worker's moves when it prints. `_finish` closes it.
        self.output = open(name, "rb")  # noqa: SIM115
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=target,
            env=_environment(threads),
            cwd=folder,
        )
        os.close(target)
        self.pid = self.process.pid
        self.inbox: queue.SimpleQueue[bytes | wire.WireError | None] = queue.SimpleQueue()
        assert self.process.stdout is not None
        threading.Thread(target=_listen, args=(self.process.stdout, self.inbox), daemon=True).start()
        self._write({"seq": 0, "box": None, "imports": list(imports)})

    def send(self, message: dict[str, Any], doing: str, fds: Sequence[int] = ()) -> None:
        self.seq += 1
        try:
            self._write({**message, "seq": self.seq})
        except OSError:
            raise self._death(doing) from None

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        wire.write_frame(self.process.stdin, wire.encode(message))

    def reply(self, wall_s: float, doing: str) -> dict[str, Any]:
        """The reply to the last request. Raises WorkerEnd when it is late, malformed, out of turn, or never comes."""
        deadline = time.monotonic() + wall_s
        while True:
            try:
                body = self.inbox.get(timeout=max(0.0, min(deadline - time.monotonic(), 0.25)))
            except queue.Empty:
                self._drain()
                self._refuse_floods(doing)
                if time.monotonic() >= deadline:
                    raise self._kill("timed out", f"{doing} took longer than {wall_s:g} s and was stopped") from None
                continue
            self._drain()
            if body is None:
                raise self._death(doing)
            if isinstance(body, wire.WireError):
                raise self._kill("protocol broken", f"its reply while {doing} was not a reply: {body}")
            return self._checked(body, doing)

    def _drain(self) -> None:
        chunk = self.output.read()
        self.printed_bytes += len(chunk)
        self.printed += chunk[: max(handle.PRINTED_KEPT - len(self.printed), 0)]

    def _death(self, doing: str) -> WorkerEnd:
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return self._kill("protocol broken", f"it closed the judge's channel while {doing}")
        self._drain()
        self._finish()
        words = f"died of signal {-code}" if code < 0 else f"ended itself with exit code {code}"
        return self._ended("crashed", f"it {words} while {doing}")

    def _finish(self) -> dict[str, Any]:
        if not self.closed:
            self.closed = True
            self.process.wait()
            self.output.close()
            for pipe in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()  # type: ignore[union-attr]
        return {"status": 0}

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        if not self.closed:
            self._drain()
            self.process.kill()
            self._finish()


def _listen(pipe: IO[bytes], inbox: queue.SimpleQueue[bytes | wire.WireError | None]) -> None:
    """Every frame that comes; at the end None, or what was wrong with it."""
    try:
        while True:
            inbox.put(wire.read_frame(pipe))
    except wire.WireError as error:
        inbox.put(error)
    except (EOFError, OSError, ValueError):
        inbox.put(None)


def _environment(threads: int) -> dict[str, str]:
    """The judge's, and what Windows cannot start without."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    return process.environment(threads) | kept


def worker(setting: Setting, limits: Limits) -> PipedWorker:
    """A worker that is ready for `load`. Neither its memory nor its files are limited."""
    imports = backend(setting.backend, setting.device).imports
    made = PipedWorker(driven.allowance(limits), imports, setting.threads, setting.workshop.empty("home-"))
    made.ready()
    made.protections = TOLD
    return made


def start(shipped: Shipped, sources: Mapping[str, tuple[str, Source]], setting: Setting) -> dict[str, Arm]:
    """As `arms.start`: a process for each source, loaded."""
    opened: dict[str, Arm] = {}
    try:
        for key, (name, source) in sources.items():
            made = worker(setting, shipped.exercise.limits)
            opened[key] = WallArm(name, made)
            root = setting.workshop.lay_out(f"answer-{source.hash[:16]}", source.tree)
            arms.load(made, shipped, name, source, setting, root)
    except BaseException:
        for arm in opened.values():
            arm.worker.close()
        raise
    return opened


class WallArm(Arm):
    """An arm that nobody can stop: it waits for its turn because nothing asks it for more."""

    def freeze(self) -> None:
        pass

    def wake(self) -> None:
        pass

    def go(self, wall_s: float) -> tuple[Reading, dict[str, Any]]:
        """One block, by the wall clock alone."""
        began = time.perf_counter_ns()
        reply = self.worker.request({"op": "block"}, wall_s, "being timed")
        return Reading(0, time.perf_counter_ns() - began, 0, 0), reply
