"""What the journal's events add up to: passes, ticks, attempts. Knows no roadmap, so it keeps what it cannot place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.journal import Event

KINDS = frozenset({"graded", "started", "done", "undo", "hint", "spoiled"})
_PASSING = frozenset({"passed", "failed", "not written yet"})  # `correct` may be earned before the backward is written


@dataclass(frozen=True)
class Progress:
    """`earned`: exercise to backend to the marks ever earned; `ticked`: task to the event that stands for it."""

    earned: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    tried: frozenset[str] = frozenset()
    ticked: Mapping[str, Event] = field(default_factory=dict)

    @property
    def passed(self) -> frozenset[str]:
        """Exercises that were correct once, on any backend. Nothing later takes that back."""
        return frozenset(name for name, by in self.earned.items() if any("correct" in marks for marks in by.values()))


def of(events: Iterable[Event]) -> Progress:
    """The sum of `events`, whatever their order: a clock that went back changes nothing."""
    events = tuple(events)
    undone = {event.data.get("event") for event in events if event.kind == "undo"}
    earned: dict[str, dict[str, frozenset[str]]] = {}
    tried: set[str] = set()
    ticked: dict[str, Event] = {}
    for event in events:
        exercise, task = event.data.get("exercise"), event.data.get("task")
        if event.kind in ("graded", "started") and isinstance(exercise, str):
            tried.add(exercise)
        if event.kind == "graded" and isinstance(exercise, str):
            backends = earned.setdefault(exercise, {})
            backend = str(event.data.get("backend"))
            backends[backend] = backends.get(backend, frozenset()) | _marks(event.data)
        if event.kind == "done" and isinstance(task, str) and event.id not in undone:
            ticked[task] = event
    return Progress(earned, frozenset(tried), ticked)


def _marks(graded: Mapping[str, Any]) -> frozenset[str]:
    marks = graded.get("marks")
    if graded.get("verdict") not in _PASSING or not isinstance(marks, dict):
        return frozenset()
    return frozenset(name for name, earned in marks.items() if earned is True)
