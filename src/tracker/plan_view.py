"""A plan and a schedule in a terminal of any width. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rich.text import Text

from tracker.graph import PROVEN_STATES, Map
from tracker.plan import Entry, Forecast, Plan
from tracker.roadmap import Schedule, Track
from tracker.screen import STYLE, number, wrapped
from tracker.signs import SIGN

_SHOWN = 12  # parts: about three months of evenings


def plan(
    map: Map, made: Plan, pace: Forecast | None, spent: float | None, track: Track | None, columns: int, in_full: bool
) -> Iterator[Text]:
    """When each topic comes, the longest chain, and what the pace so far says."""
    where = f" of {track.title}" if track else ""
    if not made.parts:
        yield Text(f"nothing{where} is left to plan", style="green")
        return
    weeks = made.hours / made.hours_per_week
    words = f"{number(made.hours)} h{where} at {number(made.hours_per_week)} h a week: {number(round(weeks, 1))} weeks, until {_day(made.end)}"
    yield from wrapped(words, columns, "", "bold")
    yield Text()
    shown = made.parts if in_full else made.parts[:_SHOWN]
    for part in shown:
        state = map.standings[part.topic].state
        days = f"{part.start:%d %b} – {part.end:%d %b %Y}"
        line = Text.assemble(
            f"{days:<23}",
            (f"{number(part.hours):>5} h  ", "dim"),
            (f"{SIGN[state]} {map.roadmap.topics[part.topic].title}", STYLE[state]),
        )
        line.truncate(columns, overflow="ellipsis")
        yield line
    if len(shown) < len(made.parts):
        yield Text(f"… and {len(made.parts) - len(shown)} more: tracker plan --all", style="dim")
    yield Text()
    yield from _critical(made, columns)
    yield from _pace(pace, spent, columns)


def schedule(map: Map, shown: Schedule, track: Track, entries: Sequence[Entry], columns: int) -> Iterator[Text]:
    """The slots on the calendar, and the sums of the source beside ours where they differ."""
    yield Text(shown.title, style="bold")
    if shown.note:
        yield from wrapped(shown.note, columns, "", "dim")
    yield from wrapped(_sums(map, shown, track, entries), columns, "", "")
    for entry in entries:
        yield Text()
        when = f", {_day(entry.start)} – {_day(entry.end)}" if entry.start and entry.end else ""
        proven = len(entry.topics) - len(entry.left)
        state = (
            "behind" if entry.behind else "done" if not entry.left else "to come" if entry.start else "no time given"
        )
        count = f"{proven} of {len(entry.topics)} proven, {number(entry.hours)} h, {state}"
        yield from wrapped(f"{entry.title}{when}: {count}", columns, "", "yellow" if entry.behind else "bold")
        if entry.note:
            yield from wrapped(entry.note, columns, "  ", "dim")
        for name in entry.topics:
            now = map.standings[name].state
            late = (
                "  (needs what comes later here: a warning, no lock)"
                if name in entry.early and now not in PROVEN_STATES
                else ""
            )
            line = Text(f"  {SIGN[now]} {name}{late}", style=STYLE[now])
            line.truncate(columns, overflow="ellipsis")
            yield line


def _sums(map: Map, shown: Schedule, track: Track, entries: Sequence[Entry]) -> str:
    dated = [slot for slot in shown.slots if slot.end]
    weeks = max((slot.end or 0 for slot in dated), default=0) * (1 if shown.unit == "week" else 13)
    hours = sum(entry.hours for entry in entries if entry.start)
    words = [f"{weeks} weeks for topics of {number(hours)} h: {number(hours / (weeks or 1))} h a week"]
    if shown.hours_per_week:
        low, high = shown.hours_per_week
        words.append(
            f"its source asks for {number(low)} to {number(high)} h a week, {number(low * weeks)} to {number(high * weeks)} h in all"
        )
    said = [section.hours for section in track.sections if section.hours]
    if said:
        words.append(
            f"the sections of its source add up to {number(sum(s[0] for s in said))} to {number(sum(s[1] for s in said))} h"
        )
    return "; ".join(words)


def _critical(made: Plan, columns: int) -> Iterator[Text]:
    weeks = number(round(made.critical_hours / made.hours_per_week, 1))
    words = f"longest chain of needs: {number(made.critical_hours)} h, {weeks} weeks that no other order shortens"
    yield from wrapped(words, columns, "", "")
    yield from wrapped(" → ".join(made.critical), columns, "  ", "dim")


def _pace(pace: Forecast | None, spent: float | None, columns: int) -> Iterator[Text]:
    if pace is None:
        yield from wrapped("no forecast yet: it takes two weeks of work in the journal", columns, "", "dim")
    else:
        words = f"at your pace of {number(round(pace.hours_per_week, 1))} h a week over {pace.weeks} weeks: done {_day(pace.likely)}, in 8 of 10 cases between {_day(pace.early)} and {_day(pace.late)}"
        yield from wrapped(words, columns, "", "")
    if spent is not None:
        yield from wrapped(f"you log {spent:.2g} h for each hour of the roadmap", columns, "", "")


def _day(day: date | None) -> str:
    return f"{day:%d %b %Y}" if day else "more than twenty years away"
