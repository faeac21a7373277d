"""Lints many exercises, several at a time, each in a process of its own. Checks nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from harness import lint
from harness.catalog import Shipped
from harness.lint import Findings
from harness.session import Session, session
from harness.zygote import die_with_parent
from tracker.bar import Say


@dataclass(frozen=True)
class Order:
    """What is asked of every exercise; the fields are `lint.lint`'s."""

    backend: str = "numpy"
    thorough: bool = False
    seeds: int | None = None
    most: int | None = None
    mutants: bool = False
    only_right: bool = False
    seconds: float | None = None


def each(
    wanted: Sequence[Shipped], order: Order, jobs: int, say: Say = lambda words, share: None
) -> Iterator[Findings]:
    """What lint finds in each exercise, in the order given. Closed early, it begins no further one."""
    if jobs == 1 or len(wanted) < 2:
        yield from _in_turn(wanted, order, say)
        return
    count = min(jobs, len(wanted))
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=die_with_parent) as pool:
        waiting = [pool.submit(_one, shipped.id, shipped.folder, order) for shipped in wanted]
        try:
            for number, shipped in enumerate(wanted):
                say(f"{shipped.id} and {jobs - 1} more", number / len(wanted))
                yield waiting[number].result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _in_turn(wanted: Sequence[Shipped], order: Order, say: Say) -> Iterator[Findings]:
    with session(order.backend) as opened:
        for number, shipped in enumerate(wanted):
            share = number / len(wanted)
            yield _linted(shipped, opened, order, lambda words, share=share: say(words, share))  # type: ignore[misc]


def _one(name: str, folder: Path, order: Order) -> Findings:
    """In a process of its own."""
    with session(order.backend) as opened:
        return _linted(Shipped(name, folder), opened, order, lambda words: None)


def _linted(shipped: Shipped, opened: Session, order: Order, say: Callable[[str], None]) -> Findings:
    return lint.lint(
        shipped, opened, thorough=order.thorough, seeds=order.seeds, most=order.most, mutants=order.mutants,
        only_right=order.only_right, seconds=order.seconds, say=say,
    )  # fmt: skip
