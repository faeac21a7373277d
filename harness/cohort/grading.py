"""Grades one task (one submission's answer to one exercise) in a process that is warm, and hands tasks to such processes.

A task is plain data and so is its result, so that a pool of processes here and a cluster elsewhere run the same
function. Each process has one session: a zygote, and the reference of each exercise, opened once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from harness.answer import Source
from harness.catalog import Shipped
from harness.run import Attempt, Request
from harness.session import Session, session
from tracker import report

TRIES = 2  # of a task whose process died: the second in a process of its own, so that it takes no other with it


@dataclass(frozen=True)
class Task:
    """One answer to be graded. `folder` is the exercise's; `earned` what the topic's needs could have earned."""

    submission: str
    exercise: str
    folder: str
    files: dict[str, bytes]
    seed: int
    sandbox: str
    backend: str = "numpy"
    earned: tuple[str, ...] = ()
    timing: bool = False
    budget_s: float = 12.0


@dataclass(frozen=True)
class Graded:
    """A task's report as JSON; `fault`: words of ours where there is none."""

    submission: str
    exercise: str
    report: str = ""
    seconds: float = 0.0
    fault: str = ""


_opened: dict[tuple[str, str], Session] = {}  # of this process, by backend and sandbox level
_stack = contextlib.ExitStack()


def grade(task: Task) -> Graded:
    """Grade in this process, with the session that it keeps. Whatever an answer does, there is a result."""
    began, started = time.monotonic(), datetime.now(UTC)
    try:
        shipped = Shipped(task.exercise, Path(task.folder))
        source = Source(task.exercise, f"{task.exercise}.py", task.files)
        request = Request(
            task.exercise, task.backend, quick=not task.timing, budget_s=task.budget_s, sandbox=task.sandbox,
            earned=frozenset(task.earned),
        )  # fmt: skip
        attempt = Attempt(shipped, source, _session(task), request, task.seed, lambda what, share: None)
        attempt.grade()
        attempt.time()
        seconds = time.monotonic() - began
        return Graded(task.submission, task.exercise, report.dump(attempt.report(False, started, seconds)), seconds)
    except Exception as error:  # one submission never stops the others
        _stack.close()
        _opened.clear()
        return Graded(
            task.submission, task.exercise, seconds=time.monotonic() - began, fault=f"{type(error).__name__}: {error}"
        )


def _session(task: Task) -> Session:
    key = task.backend, task.sandbox
    if key not in _opened:
        _opened[key] = _stack.enter_context(session(task.backend, sandbox=task.sandbox))
    return _opened[key]


def _begin() -> None:
    """Ctrl-C is the parent's to handle; what this process has open ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def in_pool(tasks: Sequence[Task], jobs: int, done: Callable[[Graded], None]) -> None:
    """Grade every task in so many processes, calling `done` for each as it comes. A process that dies costs its task a
    second try, alone; then the fault is told."""
    again = _round(tasks, jobs, done)
    for task in again:
        left = _round([task], 1, done)
        if left:
            done(Graded(task.submission, task.exercise, fault="the grading process died twice while this was graded"))


def _round(tasks: Sequence[Task], jobs: int, done: Callable[[Graded], None]) -> list[Task]:
    """One pool until it is through or breaks; returns what was not finished."""
    waiting = iter(tasks)
    running: dict[Future[Graded], Task] = {}
    left: list[Task] = []
    with _pool(jobs) as pool:
        try:
            for task in _next(waiting, 2 * jobs):
                running[pool.submit(grade, task)] = task
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task = running.pop(future)
                    try:
                        done(future.result())
                    except BrokenProcessPool:
                        left.append(task)
                        raise
                    for one in _next(waiting, 1):
                        running[pool.submit(grade, one)] = one
        except BrokenProcessPool:
            return [*left, *running.values(), *waiting]
    return []


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin)
    try:
        yield pool
        pool.shutdown(wait=True)
    except BaseException:
        for process in (pool._processes or {}).values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid or 0, signal.SIGKILL) if process.pid else None
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _next(waiting: Iterator[Task], count: int) -> Iterator[Task]:
    for _, task in zip(range(count), waiting, strict=False):
        yield task
