"""Lints many exercises, in several processes at a time. Checks nothing itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path

from harness import lint
from harness.catalog import Shipped, SpecBroken
from harness.lint import Findings
from harness.session import Session, session
from harness.trials import Effort
from harness.zygote import die_with_parent
from tracker.bar import Say


def each(
    wanted: Sequence[Shipped], backend: str, effort: Effort, jobs: int, say: Say = lambda words, share: None
) -> Iterator[tuple[Shipped, Findings]]:
    """What lint finds in each exercise; with several jobs those that train come first. Closed early, it begins no further one."""
    if jobs == 1 or len(wanted) < 2:
        yield from _in_turn(wanted, backend, effort, say)
        return
    count, ordered = min(jobs, len(wanted)), long_first(wanted)
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=die_with_parent) as pool:
        waiting = [pool.submit(_one, shipped.id, shipped.folder, backend, effort) for shipped in ordered]
        try:
            for number, shipped in enumerate(ordered):
                say(f"{shipped.id} and {jobs - 1} more", number / len(ordered))
                yield shipped, waiting[number].result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def long_first(wanted: Sequence[Shipped]) -> list[Shipped]:
    """Those that train, then the others as given: one that begins last runs alone (22 s of 95 in CI)."""
    return sorted(wanted, key=_trains, reverse=True)


def _trains(shipped: Shipped) -> bool:
    try:
        return shipped.exercise.trains
    except SpecBroken:  # lint will say so
        return False


def _in_turn(wanted: Sequence[Shipped], backend: str, effort: Effort, say: Say) -> Iterator[tuple[Shipped, Findings]]:
    with session(backend) as opened:
        for number, shipped in enumerate(wanted):
            share = number / len(wanted)
            yield shipped, lint.lint(shipped, opened, effort, lambda words, share=share: say(words, share))  # type: ignore[misc]


def _one(name: str, folder: Path, backend: str, effort: Effort) -> Findings:
    """In a process of the pool."""
    return lint.lint(Shipped(name, folder), _opened(backend), effort)


@functools.cache
def _opened(backend: str) -> Session:
    """One session for all exercises of this process, which ends with it: to open one takes 2 s with torch."""
    stack = ExitStack()
    opened = stack.enter_context(session(backend))
    Finalize(None, stack.close, exitpriority=1)
    return opened
