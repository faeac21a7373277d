"""What the journal's events add up to: passes, ticks, reviews, hours. Knows no roadmap, so it keeps what it cannot place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.journal import Event

KINDS = frozenset({"graded", "started", "done", "undo", "hint", "spoiled", "spent", "placed", "reviewed", "followed"})
MOST_HOURS = 1000  # in one event; a slip of the keyboard beyond that
UNDOABLE = frozenset({"done", "placed", "spent"})  # what a person said; a graded pass is a fact and stays
RATINGS = (1, 2, 3, 4)  # again, hard, good, easy: FSRS's own
_PASSING = frozenset({"passed", "failed", "not written yet"})  # `correct` may be earned before the backward is written


@dataclass(frozen=True, slots=True)
class Review:
    """One answer to a card; `rating` is 1 (again) to 4 (easy)."""

    time: str
    rating: int


@dataclass(frozen=True)
class Progress:
    """`earned`: exercise to backend to the marks ever earned; `passed_at`: exercise to the time of its first pass;
    `ticked`: task to the event that stands for it; `placed`: topic to the event that credits what it needs;
    `reviews`: card to its answers, oldest first; `spent`: events of hours worked; `track`: the one that is followed.
    """

    earned: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    passed_at: Mapping[str, str] = field(default_factory=dict)
    tried: frozenset[str] = frozenset()
    ticked: Mapping[str, Event] = field(default_factory=dict)
    placed: Mapping[str, Event] = field(default_factory=dict)
    reviews: Mapping[str, tuple[Review, ...]] = field(default_factory=dict)
    spent: tuple[Event, ...] = ()
    track: str | None = None

    @property
    def passed(self) -> frozenset[str]:
        """Exercises that were correct once, on any backend. Nothing later takes that back."""
        return frozenset(self.passed_at)

    @property
    def undoable(self) -> list[Event]:
        """What a person said and may take back, oldest first."""
        said = (*self.ticked.values(), *self.placed.values(), *self.spent)
        return sorted(said, key=lambda event: (event.time, event.id))


def of(events: Iterable[Event]) -> Progress:
    """The sum of `events`, which are by (time, id): a clock that went back moves a thing, and loses nothing."""
    total = _Sum()
    events = tuple(events)
    undone = {str(event.data.get("event")) for event in events if event.kind == "undo"}
    for event in events:
        if event.id not in undone or event.kind not in UNDOABLE:
            total.add(event)
    reviews = {card: tuple(answers) for card, answers in total.reviews.items()}
    return Progress(
        total.earned,
        total.passed_at,
        frozenset(total.tried),
        total.ticked,
        total.placed,
        reviews,
        tuple(total.spent),
        total.track,
    )


class _Sum:
    """A Progress while it grows. An event whose data is not of its kind's form adds nothing."""

    def __init__(self) -> None:
        self.earned: dict[str, dict[str, frozenset[str]]] = {}
        self.passed_at: dict[str, str] = {}
        self.tried: set[str] = set()
        self.ticked: dict[str, Event] = {}
        self.placed: dict[str, Event] = {}
        self.reviews: dict[str, list[Review]] = {}
        self.spent: list[Event] = []
        self.track: str | None = None

    def add(self, event: Event) -> None:
        kind, data = event.kind, event.data  # no `match`: its patterns take three times as long over 100,000 events
        if kind == "graded":
            self._graded(event)
        elif kind == "started" and isinstance(exercise := data.get("exercise"), str):
            self.tried.add(exercise)
        elif kind == "done" and isinstance(task := data.get("task"), str):
            self.ticked.setdefault(task, event)
        elif kind == "placed" and isinstance(topic := data.get("topic"), str):
            self.placed.setdefault(topic, event)
        elif kind == "reviewed" and isinstance(card := data.get("card"), str) and data.get("rating") in RATINGS:
            self.reviews.setdefault(card, []).append(Review(event.time, data["rating"]))
        elif kind == "spent" and isinstance(data.get("topic"), str) and _is_hours(data.get("hours")):
            self.spent.append(event)
        elif kind == "followed" and isinstance(track := data.get("track"), str | None):
            self.track = track

    def _graded(self, event: Event) -> None:
        exercise = event.data.get("exercise")
        if isinstance(exercise, str):
            self.tried.add(exercise)
            backends, backend = self.earned.setdefault(exercise, {}), str(event.data.get("backend"))
            marks = marks_of(event.data)
            backends[backend] = backends.get(backend, frozenset()) | marks
            if "correct" in marks:
                self.passed_at.setdefault(exercise, event.time)


def _is_hours(value: object) -> bool:
    return isinstance(value, (int, float)) and 0 < value <= MOST_HOURS


def marks_of(graded: Mapping[str, Any]) -> frozenset[str]:
    """The marks that a graded event's data says were earned."""
    marks = graded.get("marks")
    if graded.get("verdict") not in _PASSING or not isinstance(marks, dict):
        return frozenset()
    return frozenset(name for name, earned in marks.items() if earned is True)
