"""Grades one task (one submission's answer to one exercise) in this process, with what it keeps open between two of them.

A task is plain data and so is its result, so that a pool of processes here and a cluster elsewhere run the same
function. Each process has one session for each backend and level: a zygote, and the reference of each exercise.
"""

from __future__ import annotations

import contextlib
import functools
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.answer import Source
from harness.attempt import Attempt, Request
from harness.catalog import Shipped
from harness.session import Session, session
from tracker import report


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

    @property
    def key(self) -> tuple[str, str]:
        return self.submission, self.exercise


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
    began = time.monotonic()
    text = fault = ""
    try:
        text = _report(task, _session(task))
    except Exception as error:  # one submission never stops the others
        fault = f"{type(error).__name__}: {error}"
        close()
    return Graded(*task.key, text, time.monotonic() - began, fault)


def _report(task: Task, opened: Session) -> str:
    began, started = time.monotonic(), datetime.now(UTC)
    source = Source(task.exercise, f"{task.exercise}.py", task.files)
    request = Request(
        task.exercise, task.backend, quick=not task.timing, budget_s=task.budget_s, sandbox=task.sandbox,
        earned=frozenset(task.earned),
    )  # fmt: skip
    attempt = Attempt(
        _shipped(task.exercise, task.folder), source, opened, request, task.seed, lambda what, share: None
    )
    try:
        attempt.grade()
        attempt.time()
        return report.dump(attempt.report(False, started, time.monotonic() - began))
    finally:
        opened.sweep()


@functools.cache
def _shipped(exercise: str, folder: str) -> Shipped:
    """Its spec is imported once a process, not once an answer."""
    return Shipped(exercise, Path(folder))


def _session(task: Task) -> Session:
    key = task.backend, task.sandbox
    if key not in _opened:
        _opened[key] = _stack.enter_context(session(task.backend, sandbox=task.sandbox, ahead=True))
    return _opened[key]


def close() -> None:
    """End what this process keeps open; the next task opens it anew."""
    _opened.clear()
    with contextlib.suppress(Exception):
        _stack.close()


def abandon() -> None:
    """Kill what this process keeps open, whatever it was just doing with it."""
    for opened in _opened.values():
        opened.kill()
