"""When what is left gets done, at so many hours a week: pure functions over a Map. Reads no file and no clock."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.graph import Map, State, ancestors, in_order
from tracker.roadmap import Roadmap, Schedule, task_name

WEEK = timedelta(days=7)
_LOOK_BACK = 26  # weeks: an older pace says little about the next one
_LEAST = 2  # weeks of work before a forecast is more than a guess
_DRAWS, _FAR = 1000, 1040  # twenty years of weeks are 'never'


@dataclass(frozen=True, slots=True)
class Part:
    """Work on one topic, from its first to its last day, both included."""

    topic: str
    hours: float
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Plan:
    """`critical`: the chain of topics, each needing the one before, that has the most hours left."""

    hours_per_week: float
    start: date
    parts: tuple[Part, ...]
    critical: tuple[str, ...]
    critical_hours: float

    @property
    def hours(self) -> float:
        return sum(part.hours for part in self.parts)

    @property
    def end(self) -> date:
        return self.parts[-1].end if self.parts else self.start


@dataclass(frozen=True, slots=True)
class Forecast:
    """By the pace of the journal: hours of the roadmap done per week so far, and when the rest would be done.

    In 8 of 10 drawn futures the end lies between `early` and `late`; None is beyond twenty years.
    """

    weeks: int
    hours_per_week: float
    early: date | None
    likely: date | None
    late: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A slot of a schedule on the calendar. `behind`: it is over, and topics are not proven; `early`: topics whose needs
    the schedule puts later or leaves out, which only warns."""

    title: str
    start: date | None
    end: date | None
    topics: tuple[str, ...]
    left: tuple[str, ...]
    hours: float
    behind: bool
    early: tuple[str, ...]
    note: str


def plan(map: Map, hours_per_week: float, start: date, topics: Collection[str]) -> Plan:
    """`topics` one after the other, each after what it needs. Linear in topics and needs."""
    order = [name for name in in_order(map.roadmap, topics) if hours_left(map, name) > 0]
    critical, hours = _critical(map, order)
    return Plan(hours_per_week, start, tuple(_parts(map, order, hours_per_week, start)), critical, hours)


def needed(map: Map, goal: str) -> list[str]:
    """The goal and all that it needs."""
    return [*ancestors(map.roadmap, [goal]), goal]


def hours_left(map: Map, name: str) -> float:
    """Hours of a topic that are not done; none where it is done, due or credited."""
    standing = map.standings[name]
    if standing.credited or standing.state is State.DONE:
        return 0.0
    return max(map.roadmap.topics[name].hours - standing.hours_done, 0.0)


def forecast(map: Map, topics: Collection[str], today: date) -> Forecast | None:
    """When `topics` are done at the pace so far; None before two weeks of work are in the journal."""
    done = weekly_hours(map, today)
    if len(done) < _LEAST or not any(done):
        return None
    left = sum(hours_left(map, name) for name in topics)
    chance = random.Random(0)  # the same journal, the same forecast
    weeks = sorted(_weeks_until(left, done, chance) for _ in range(_DRAWS))
    ends = [_end(weeks[int(_DRAWS * share)], today) for share in (0.1, 0.5, 0.9)]
    return Forecast(len(done), sum(done) / len(done), *ends)


def weekly_hours(map: Map, today: date) -> list[float]:
    """Hours of the roadmap done in each whole week that ended before `today`, the latest last, from the first event on."""
    finished = list(_finished(map))
    if not finished:
        return []
    first = min(day for day, _ in finished)
    count = min((today - first).days // 7, _LOOK_BACK)
    weeks = [0.0] * count
    for day, hours in finished:
        back = (today - day).days // 7
        if 0 <= back < count:
            weeks[count - 1 - back] += hours
    return weeks


def spent_per_hour(map: Map) -> float | None:
    """Hours that the learner logged for each hour of the roadmap that is done, over the topics with both."""
    spent: dict[str, float] = {}
    for event in map.progress.spent:
        spent[event.data["topic"]] = spent.get(event.data["topic"], 0.0) + event.data["hours"]
    both = [name for name in spent if name in map.standings and map.standings[name].hours_done > 0]
    done = sum(map.standings[name].hours_done for name in both)
    return sum(spent[name] for name in both) / done if done else None


def entries(map: Map, schedule: Schedule, start: date, today: date) -> list[Entry]:
    """The schedule's slots from `start` on, and how each stands."""
    days = 7 if schedule.unit == "week" else 91
    ends = {name: slot.end or _FAR for slot in reversed(schedule.slots) for name in slot.topics}
    found = []
    for slot in schedule.slots:
        first = start + timedelta(days=(slot.start - 1) * days) if slot.start else None
        last = start + timedelta(days=slot.end * days - 1) if slot.end else None
        left = tuple(
            name for name in slot.topics if map.standings[name].state in (State.LOCKED, State.OPEN, State.IN_PROGRESS)
        )
        early = tuple(name for name in slot.topics if _is_early(map.roadmap, name, ends))
        hours = sum(map.roadmap.topics[name].hours for name in slot.topics)
        found.append(
            Entry(
                slot.title,
                first,
                last,
                slot.topics,
                left,
                hours,
                bool(left and last and last < today),
                early,
                slot.note,
            )
        )
    return found


def _is_early(roadmap: Roadmap, name: str, ends: dict[str, int]) -> bool:
    return any(ends.get(need, 0) > ends[name] for need in roadmap.topics[name].needs)


def _parts(map: Map, order: Sequence[str], hours_per_week: float, start: date) -> Iterator[Part]:
    before = 0.0
    for name in order:
        hours = hours_left(map, name)
        first, last = (start + WEEK * (at / hours_per_week) for at in (before, before + hours * 0.999999))
        yield Part(name, hours, first, last)
        before += hours


def _critical(map: Map, order: Sequence[str]) -> tuple[tuple[str, ...], float]:
    """The heaviest chain, by one pass in an order in which needs come first."""
    total: dict[str, float] = {}
    behind: dict[str, str | None] = {}
    for name in order:
        needs = [need for need in map.roadmap.topics[name].needs if need in total]
        behind[name] = max(needs, key=total.__getitem__, default=None)
        total[name] = hours_left(map, name) + total.get(behind[name] or "", 0.0)
    at: str | None = max(total, key=total.__getitem__, default=None)
    hours, chain = total.get(at or "", 0.0), []
    while at is not None:
        chain.append(at)
        at = behind[at]
    return tuple(reversed(chain)), hours


def _finished(map: Map) -> Iterator[tuple[date, float]]:
    """The day and the hours of each task that was done and counts."""
    for topic in map.roadmap.topics.values():
        counted = sum(task.hours or 1.0 for task in topic.tasks if task.counts)
        for task in topic.tasks:
            tick = map.progress.ticked.get(task_name(topic, task))
            time = map.progress.passed_at.get(task.exercise) if task.exercise else tick.time if tick else None
            day = _day(time) if time and task.counts else None
            if day is not None:
                yield day, topic.hours * (task.hours or 1.0) / counted


def _day(time: str) -> date | None:
    try:
        return datetime.fromisoformat(time).date()
    except ValueError:
        return None


def _weeks_until(left: float, done: Sequence[float], chance: random.Random) -> int:
    weeks = 0
    while left > 0 and weeks < _FAR:
        left -= chance.choice(done)
        weeks += 1
    return weeks


def _end(weeks: int, today: date) -> date | None:
    return today + WEEK * weeks if weeks < _FAR else None
