"""Warm processes on this machine, one task at a time each; one that dies or hangs is replaced, and disturbs no other.

What they open lies in one temporary folder. It goes at the end, also where this process is killed: the kernel tells
the pool's processes (PR_SET_PDEATHSIG), and the last of them takes the folder away.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from harness.cohort import grading
from harness.cohort.grading import Graded, Task
from harness.zygote import PR_SET_PDEATHSIG

TRIES = 2  # of a task whose process died
PATIENCE_S = 900.0  # an exercise's own limits end an answer long before; past this it is the judge that hangs
END_S = 5.0


def in_pool(tasks: Sequence[Task], jobs: int, done: Callable[[Graded], None]) -> None:
    """Grade every task in so many processes, calling `done` for each as it comes. What `done` raises stops everything."""
    waiting, tries = deque(tasks), Counter[tuple[str, str]]()
    with _processes(min(jobs, len(tasks))) as pool:
        while waiting or any(one.task for one in pool):
            for one in pool:
                if one.task is None and waiting:
                    one.give(waiting.popleft())
            for one, task in _finished(pool):
                graded = one.take()
                if graded is None:
                    tries[task.key] += 1
                    one.restart()
                    if tries[task.key] < TRIES:
                        waiting.appendleft(task)
                        continue
                    graded = Graded(*task.key, fault=f"the grading process died {TRIES} times while this was graded")
                done(graded)


def _finished(pool: Sequence[Warm]) -> list[tuple[Warm, Task]]:
    """Those that have a result, are dead, or hang, each with its task; waits for the first."""
    busy = {one.pipe: (one, one.task) for one in pool if one.task is not None}
    ready = connection.wait(list(busy), timeout=1.0)
    late = [pipe for pipe, (one, _) in busy.items() if pipe not in ready and one.is_late()]
    for pipe in late:
        busy[pipe][0].kill()
    return [busy[pipe] for pipe in (*ready, *late) if isinstance(pipe, Connection)]


class Warm:
    """One process of the pool, and the task that it has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.task: Task | None = None
        self.since = 0.0
        self.start()

    def start(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        name = tempfile.mkdtemp(prefix="grading-", dir=self.folder)
        self.process: SpawnProcess = context.Process(target=serve, args=(theirs, Path(name), os.getpid()), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, task: Task) -> None:
        self.task, self.since = task, time.monotonic()
        with contextlib.suppress(OSError):  # dead already: `take` will see
            self.pipe.send(task)

    def take(self) -> Graded | None:
        """Its result; None if it is dead."""
        self.task = None
        try:
            graded: Graded = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return graded

    def is_late(self) -> bool:
        budget_s = self.task.budget_s if self.task is not None and self.task.timing else 0.0
        return time.monotonic() - self.since > PATIENCE_S + 3 * budget_s

    def restart(self) -> None:
        self.kill()
        self.pipe.close()
        self.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def end(self, deadline: float) -> None:
        """It has been told; what does not listen is killed."""
        self.process.join(max(deadline - time.monotonic(), 0.0))
        self.kill()
        self.pipe.close()


@contextlib.contextmanager
def _processes(count: int) -> Iterator[list[Warm]]:
    folder = Path(tempfile.mkdtemp(prefix="scratchmark-cohort-"))
    pool: list[Warm] = []
    try:
        for _ in range(count):
            pool.append(Warm(folder))
        yield pool
    finally:
        for one in pool:
            one.process.terminate()
        for one in pool:
            one.end(time.monotonic() + END_S)
        shutil.rmtree(folder, ignore_errors=True)


# --- in the process of the pool ------------------------------------------------------------------------------------


def serve(pipe: Connection, folder: Path, parent: int) -> None:
    """Grade what comes, until the parent says so or is gone. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _leave(folder))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    tempfile.tempdir = str(folder)
    if os.getppid() != parent:
        _leave(folder)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(grading.grade(pipe.recv()))
    _leave(folder)


def _leave(folder: Path) -> None:
    """End what is open, take its files away, and go: nothing of what was interrupted may go on."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would find locks that are held here
    try:
        grading.abandon()
        for _ in range(50):  # a worker that is being killed may still be writing
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.02)
        folder.parent.rmdir()  # by the last of them
    finally:
        os._exit(0)
