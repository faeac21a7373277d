"""A learner's map in a terminal of any width: lines of text with colour. Decides nothing, computes nothing new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from tracker.facts import hours
from tracker.graph import PROVEN_STATES, Map, State
from tracker.roadmap import Module
from tracker.screen import STYLE, bar, legend, number, some, wrapped
from tracker.signs import SIGN

if TYPE_CHECKING:
    from tracker.advice import Suggestion

_TITLE_NEEDS = 16  # columns: less than that of a title says nothing
_LISTED = (State.DUE, State.IN_PROGRESS, State.OPEN)


def status(map: Map, columns: int, module: str | None = None, in_full: bool = False) -> Iterator[Text]:
    """Each module with its bar and a sign for each topic, then what can be worked on; with `in_full` a line a topic."""
    shown = [m for m in map.roadmap.modules if module in (None, m.id)]
    names = list(dict.fromkeys(name for m in shown for name in m.topics))
    proven = sum(map.standings[name].state in PROVEN_STATES for name in names)
    sums = hours(map, names)
    spent = f"{number(sums['hours_done'])} of {number(sums['hours'])} h"
    yield Text(f"{map.roadmap.title}: {proven} of {len(names)} topics proven, {spent}", style="bold")
    if in_full or module is not None:
        yield from _in_full(map, shown, columns)
    else:
        yield Text()
        yield from (_module_line(map, m, columns, _strip(map, m)) for m in shown)
        yield Text()
        yield from _lists(map, names, columns)
    yield Text()
    yield legend()
    yield Text("what to do now: tracker next", style="dim")
    yield Text("one topic:      tracker show TOPIC", style="dim")
    if not in_full and module is None:
        yield Text("every topic:    tracker status --all", style="dim")


def suggestions(map: Map, found: Sequence[Suggestion], columns: int) -> Iterator[Text]:
    """The short list with its reasons and the line to type."""
    if map.due:
        count = f"{len(map.due)} topic{'s are' if len(map.due) > 1 else ' is'}"
        yield Text(f"{SIGN[State.DUE]} {count} due for review: {some(map.due, columns - 30)}", style=STYLE[State.DUE])
        yield Text("  tracker review", style="dim")
        yield Text()
    for number_, one in enumerate(found, 1):
        topic, standing = map.roadmap.topics[one.topic], map.standings[one.topic]
        left = max(topic.hours - standing.hours_done, 0.0)
        title = f"{number_}. {topic.title}"
        yield Text.assemble((title, "bold"), (f"  {number(left)} h left", "dim"))
        yield from wrapped("; ".join(one.reasons), columns, "   ", "")
        for place, task in enumerate(topic.tasks, 1):
            if one.task == f"{topic.id}/{task.id}":
                yield from wrapped(f"→ {task.kind}: {task.text}", columns, "   ", STYLE[standing.state], hang="     ")
                start = f"tracker start {task.exercise}, then harness run {task.exercise}"
                yield Text(f"     {start if task.exercise else f'tracker done {topic.id}#{place}'}", style="dim")
        yield Text()
    yield Text("everything about one of them: tracker show TOPIC", style="dim")


def _in_full(map: Map, shown: Sequence[Module], columns: int) -> Iterator[Text]:
    longest = max((len(name) for m in shown for name in m.topics), default=0)
    for m in shown:
        yield Text()
        yield _module_line(map, m, columns)
        yield from (_topic_line(map, name, longest, columns) for name in m.topics)


def _module_line(map: Map, module: Module, columns: int, strip: Text | None = None) -> Text:
    sums = hours(map, module.topics)
    share = sums["hours_done"] / sums["hours"] if sums["hours"] else 0.0
    size = 20 if columns >= 110 or (columns >= 70 and strip is None) else 10 if columns >= 50 else 5
    count = f" {number(sums['hours_done']):>4} of {number(sums['hours']):>3} h"
    title = Text(module.title, style="bold" if strip is None else "")
    signs = strip if strip is not None and columns >= 60 else Text()
    room = max(columns - size - len(count) - signs.cell_len - 2 - bool(signs), 8)
    title.truncate(room, overflow="ellipsis", pad=True)
    return Text.assemble(title, " ", signs, " " if signs else "", *bar(share, size), (count, "dim"))


def _strip(map: Map, module: Module) -> Text:
    """A sign for each topic, so that a module's state shows in one line."""
    most = max((len(m.topics) for m in map.roadmap.modules), default=0)
    states = [map.standings[name].state for name in module.topics]
    strip = Text.assemble(*((SIGN[state], STYLE[state]) for state in states))
    strip.truncate(24, overflow="ellipsis")
    strip.pad_right(min(most, 24) - strip.cell_len)
    return strip


def _lists(map: Map, names: Sequence[str], columns: int) -> Iterator[Text]:
    """What is due, begun and open, as far as a line or two hold it."""
    for state in _LISTED:
        found = [_with_count(map, name) for name in names if map.standings[name].state is state]
        if found:
            label = f"{SIGN[state]} {state:<12} "
            words = some(found, 2 * (columns - len(label)) - 12)
            yield from wrapped(label + words, columns, "", STYLE[state], hang=" " * len(label))


def _with_count(map: Map, name: str) -> str:
    standing = map.standings[name]
    return f"{name} {standing.done}/{standing.counted}" if standing.state is State.IN_PROGRESS else name


def _topic_line(map: Map, name: str, longest: int, columns: int) -> Text:
    topic, standing = map.roadmap.topics[name], map.standings[name]
    style = STYLE[standing.state]
    line = Text.assemble((f"  {SIGN[standing.state]} {name:<{longest}}  ", style))
    if standing.state is State.LOCKED:
        line.append(f"needs {some(standing.missing, columns - line.cell_len - 6)}", style)
    else:
        line.append(f"{_state(map, name):<15}", style)
        if columns - line.cell_len >= _TITLE_NEEDS:
            line.append(f" {topic.title}")
    line.truncate(columns, overflow="ellipsis")
    return line


def _state(map: Map, name: str) -> str:
    standing = map.standings[name]
    if standing.credited:
        return f"{standing.state}, placed"
    counted = standing.state in (State.IN_PROGRESS, State.PROVEN)
    return f"{standing.state} {standing.done}/{standing.counted}" if counted else standing.state
