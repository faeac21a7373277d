"""Sandboxes of level `namespaces`: one for each answer, in which its traced and its graded worker get a scratch each.

Each is a zygote inside bubblewrap, on a folder that is empty until the judge lays the answer into it: so the next one
can start while an answer is graded, and none ever holds two answers.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import confine, namespaces, process
from harness.answer import Source
from harness.driven import Setting, box_for, inside
from harness.handle import Allowance, Worker
from harness.spec import Limits

WORKERS = 2


@dataclass
class Sandbox:
    """One that is starting or has started, and how many workers it has had."""

    zygote: process.Zygote
    room: namespaces.Room
    used: int = 0

    @property
    def free(self) -> bool:
        return self.used < len(self.room.scratches) and self.zygote.process.poll() is None

    def scratch(self) -> Path:
        """The folder of the next worker, to which no other may write."""
        self.used += 1
        return self.room.scratches[self.used - 1]

    def worker(self, box: confine.Box, allowance: Allowance) -> Worker:
        """Raises ConfinementError where bubblewrap does not start."""
        try:
            worker = self.zygote.fork(box, allowance)
        except (EOFError, OSError):
            raise confine.ConfinementError("bubblewrap does not start a sandbox here: see harness doctor") from None
        worker.reap = self._reap
        worker.protections = (*worker.protections, "bubblewrap", namespaces.identity()[1])
        return worker

    def _reap(self, pid: int) -> dict[str, Any]:
        """Where the sandbox is gone, so are its workers: the kernel has killed them."""
        try:
            return self.zygote.reap(pid)
        except (EOFError, OSError):
            return {"status": int(signal.SIGKILL), "cpu_s": 0.0, "max_rss_kb": 0}


@dataclass
class Rooms:
    """The sandbox of the answer that is being graded, by its hash, and the one that is ready for the next."""

    workshop: process.Workshop
    imports: Sequence[str]
    ahead: bool = False
    threads: int = 1
    current: dict[str, Sandbox] = field(default_factory=dict)
    ready: Sandbox | None = None
    older: list[Sandbox] = field(default_factory=list)

    def for_answer(self, source: Source, limits: Limits) -> Sandbox:
        """A sandbox with room for one more worker of this answer, whose files lie in it."""
        known = self.current.get(source.hash)
        if known is not None and known.free:
            return known
        if known is not None:
            self.older.append(known)
        found = self.current[source.hash] = self._next(limits.scratch_mb * 2**20)
        self.workshop.lay_out(found.room.answer.name, source.tree)
        return found

    def worker(
        self, source: Source, setting: Setting, limits: Limits, arena_bytes: int, allowance: Allowance
    ) -> tuple[Worker, Path]:
        """A worker in that sandbox, confined as everywhere, and the folder of the answer's files there."""
        sandbox = self.for_answer(source, limits)
        root = sandbox.room.answer
        box = box_for(setting, root, limits, arena_bytes, sandbox.scratch())
        assert box is not None, "only level 'none' has none"
        return sandbox.worker(inside(box, sandbox.room), allowance), root

    def root_of(self, source: Source) -> Path | None:
        """Where the answer's files lie; None where it has no sandbox."""
        known = self.current.get(source.hash)
        return known.room.answer if known is not None else None

    def _next(self, scratch_bytes: int) -> Sandbox:
        found, self.ready = self.ready, None
        if found is None or found.room.scratch_bytes != scratch_bytes or not found.free:
            self._end(found)
            found = self._start(scratch_bytes)
        if self.ahead:
            self.ready = self._start(scratch_bytes)
        return found

    def _start(self, scratch_bytes: int) -> Sandbox:
        scratches = tuple(self.workshop.scratch() for _ in range(WORKERS))
        room = namespaces.Room(self.workshop.empty("room-"), scratches, scratch_bytes)
        try:
            return Sandbox(process.Zygote(self.imports, self.threads, room=room), room)
        except OSError as error:
            raise confine.ConfinementError(f"bubblewrap does not start: {error}") from None

    def sweep(self) -> None:
        """End the sandboxes that an answer has lain in, whose workers are closed."""
        for sandbox in (*self.current.values(), *self.older):
            self._end(sandbox)
        self.current, self.older = {}, []

    def _end(self, sandbox: Sandbox | None) -> None:
        if sandbox is not None:
            sandbox.zygote.close()
            for folder in (sandbox.room.answer, *sandbox.room.scratches):
                shutil.rmtree(folder, ignore_errors=True)

    def pids(self) -> list[int]:
        """Of every sandbox that runs."""
        running = (*self.current.values(), *self.older, self.ready)
        return [sandbox.zygote.process.pid for sandbox in running if sandbox is not None]

    def close(self) -> None:
        self.sweep()
        self._end(self.ready)
        self.ready = None
