"""Implementations side by side: for the 'compare' tasks of the curriculum, and for exercises passed on several backends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tracker import backends
from tracker.page import size
from tracker.portfolio import Portfolio, Result, Work, slowest
from tracker.report import Report
from tracker.report_tables import Table, filled
from tracker.roadmap import Task, Topic, task_name

_MOST = 12  # exercises whose backends are compared
_NOTHING = Table((), ())


class Comparison(NamedTuple):
    title: str
    note: str
    table: Table


def of(portfolio: Portfolio) -> list[Comparison]:
    """Those that there is something to show for, the curriculum's first."""
    works = {work.exercise: work for work in portfolio.works}
    tasks = [(topic, task) for topic in portfolio.map.roadmap.topics.values() for task in topic.tasks]
    asked = [
        found
        for topic, task in tasks
        if task.kind == "compare"
        for found in _asked(portfolio, topic, task, [works[name] for name in _subjects(task) if name in works])
    ]
    several = [work for work in portfolio.works if len(work.results) > 1]
    return [*asked, *map(_backends, several[:_MOST]), *_rest(several[_MOST:])]


def _subjects(task: Task) -> list[str]:
    return [*task.after, *([task.exercise] if task.exercise else [])]


def _asked(portfolio: Portfolio, topic: Topic, task: Task, works: Sequence[Work]) -> Iterator[Comparison]:
    tick = portfolio.map.progress.ticked.get(task_name(topic, task))
    told = tick.data.get("evidence") if tick else None
    said = [f"Ticked by the owner on {tick.time[:10]}" + (f": {told}" if told else ".")] if tick else []
    results = [(work, result) for work in works for result in work.results]
    if len(results) > 1:
        yield Comparison(
            task.text,
            " ".join([*said, backends.machines([result.report for _, result in results])]),
            _side_by_side(results),
        )
    elif said:
        yield Comparison(task.text, said[0], _NOTHING)


def _side_by_side(results: Sequence[tuple[Work, Result]]) -> Table:
    head = ("exercise", "backend", "marks", "time over the yardstick", "over the library", "worst error, of the allowed",
            "peak memory / yardstick's", "lines of code")  # fmt: skip
    return filled(Table(head, [
        (work.exercise, backends.name(result.report), ", ".join(result.marks), over(result.report, "yardstick"),
         over(result.report, "library"), _worst_error(result.report), _memory(result.report), str(_lines(result.report)))
        for work, result in results
    ]))  # fmt: skip


def _rest(works: Sequence[Work]) -> list[Comparison]:
    """Those for which a page of 2 MB has no room."""
    names = ", ".join(work.exercise for work in works)
    return (
        [Comparison("On several backends too", f"Their reports have the figures: {names}.", _NOTHING)] if works else []
    )


def _backends(work: Work) -> Comparison:
    reports = [result.report for result in work.results]
    names = " and ".join(map(backends.short_name, reports))
    return Comparison(f"{work.exercise} on {names}", " ".join(backends.notes(reports)), backends.table(reports))


def over(report: Report, against: str) -> str:
    """The ratio of the input that does worst, with its interval; '–' where nothing was measured."""
    timing = slowest(report, against)
    return backends.ratio(timing) if timing else "–"


def _worst_error(report: Report) -> str:
    shares = [case.error / case.allowed for case in report.cases if case.error is not None and case.allowed]
    return f"{max(shares):.0%}" if shares else "–"


def _memory(report: Report) -> str:
    if not report.memory:
        return "–"
    most = max(report.memory, key=lambda held: held.peak_bytes)
    return f"{size(most.peak_bytes)} / {size(most.yardstick_peak_bytes)}"


def _lines(report: Report) -> int:
    """Lines of the answer that are neither empty nor a comment."""
    lines = [line.strip() for text in report.source.values() for line in text.splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)
