"""Ways through the roadmap in a terminal: a path, a placement, the tracks. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from tracker.facts import hours
from tracker.graph import PROVEN_STATES, Map, on_track
from tracker.roadmap import Track
from tracker.route import Placement, Route
from tracker.screen import STYLE, bar, number, wrapped
from tracker.signs import SIGN

_KINDS = {
    "curriculum": "The five curricula, each in its own order",
    "reading": "Reading tracks",
    "level": "By level",
    "papers": "Papers in order",
    "choice": "One of several",
}


def route(map: Map, way: Route, shortcuts: Sequence[Placement], columns: int) -> Iterator[Text]:
    """The steps with their hours, and the exercises that would spare them."""
    title = map.roadmap.topics[way.goal].title
    if not way.steps:
        yield Text(f"{title}: proven already", style="green")
        return
    count = f"{len(way.steps)} topic{'s' if len(way.steps) > 1 else ''}"
    yield Text(f"The way to {title}: {count}, {number(way.hours)} h", style="bold")
    yield Text(f"{number(way.hours_to_prove)} h of them are enough to prove each of them in turn", style="dim")
    yield Text()
    longest = max(len(step.topic) for step in way.steps)
    for place, step in enumerate(way.steps, 1):
        state = map.standings[step.topic].state
        line = Text.assemble(f"{place:>3}. ", (f"{SIGN[state]} {step.topic:<{longest}}", STYLE[state]))
        line.append(f" {number(step.hours):>5} h", style="dim")
        if columns - line.cell_len > 16:
            line.append(f"  {map.roadmap.topics[step.topic].title}")
        line.truncate(columns, overflow="ellipsis")
        yield line
    left = [exercise for one in shortcuts for exercise in one.left]
    if left:
        yield Text()
        words = f"You know some of it already? Passing {', '.join(left)} credits what comes before."
        yield from wrapped(words, columns, "", "")
        yield Text(f"  tracker place {way.goal}", style="dim")


def placements(
    map: Map,
    goal: str | None,
    placed: Sequence[Placement],
    earned: Sequence[Placement],
    rest: Sequence[str],
    columns: int,
) -> Iterator[Text]:
    """The exercises to pass, what each credits, what can be credited now, and what no exercise credits."""
    what = f"before {map.roadmap.topics[goal].title}" if goal else "in the roadmap"
    if earned:
        yield Text("Earned already, to be credited:", style="green")
        for one in earned:
            yield from wrapped(
                f"passing {', '.join(one.exercises)} credits {', '.join(one.credits)}", columns, "  ", "green"
            )
        yield Text(f"  tracker place{f' {goal}' if goal else ''} --credit\\n", style="dim")
    if not placed:
        yield Text(f"There is nothing {what} that passing an exercise would credit.")
    else:
        yield from wrapped(f"The fewest exercises that credit what comes {what}:", columns, "", "bold")
        for one in placed:
            yield from _placement(one, columns)
        yield Text()
        where = f" {goal}" if goal else ""
        yield from wrapped(
            f"Pass them with harness run, then: tracker place{where} --credit", columns, "", "dim", hang="  "
        )
    if rest:
        yield Text()
        yield from wrapped(
            f"No exercise credits these yet; they are read and ticked: {', '.join(rest)}", columns, "", "dim", hang="  "
        )


def _placement(one: Placement, columns: int) -> Iterator[Text]:
    shown = [name if name in one.left else f"{name} ✓" for name in one.exercises]
    yield Text(f"  {', '.join(shown)}", style="cyan")
    others = [name for name in one.credits if name != one.topic]
    words = f"{one.topic}{f' and {len(others)} before it: ' if others else ''}{', '.join(others)}"
    yield from wrapped(words, columns, "    ", "")


def tracks(map: Map, columns: int) -> Iterator[Text]:
    """Every track with its bar, grouped by kind; then the schedules."""
    longest = max((len(track.id) for track in map.roadmap.tracks), default=0)
    for kind in dict.fromkeys(track.kind for track in map.roadmap.tracks):
        yield Text(_KINDS.get(kind, kind), style="bold")
        for track in map.roadmap.tracks:
            if track.kind == kind:
                yield _track_line(map, track, longest, columns)
        yield Text()
    if map.roadmap.schedules:
        yield Text("Schedules (tracker plan --schedule NAME)", style="bold")
        for schedule in map.roadmap.schedules:
            yield from wrapped(f"{schedule.id:<{longest}}  {schedule.title}", columns, "  ", "")
        yield Text()
    if not map.roadmap.tracks:
        yield Text("this roadmap has no tracks")
    yield Text("one of them: tracker tracks TRACK      make it yours: tracker tracks TRACK --follow", style="dim")


def track(map: Map, shown: Track, columns: int) -> Iterator[Text]:
    """One track: its sections with what its source says of them, its topics in order as they stand on it."""
    own = on_track(map, shown)
    sums = hours(own, shown.topics)
    yield Text(
        f"{shown.title}: {len(shown.topics)} topics, {number(sums['hours_done'])} of {number(sums['hours'])} h",
        style="bold",
    )
    if shown.note:
        yield from wrapped(shown.note, columns, "", "dim")
    for section in shown.sections:
        yield Text()
        yield from wrapped(
            _section(own, section.title, section.topics, section.hours, section.choose), columns, "", "bold"
        )
        if section.outcome:
            yield from wrapped(section.outcome, columns, "  ", "dim")
        for name in section.topics:
            state = own.standings[name].state
            line = Text(f"  {SIGN[state]} {name}  {map.roadmap.topics[name].title}", style=STYLE[state])
            line.truncate(columns, overflow="ellipsis")
            yield line
    yield Text()
    yield Text(
        f"with bars: tracker status --track {shown.id}      follow it: tracker tracks {shown.id} --follow", style="dim"
    )


def _section(map: Map, title: str, topics: Sequence[str], said: tuple[float, float] | None, choose: int | None) -> str:
    own = f"{number(hours(map, topics)['hours'])} h here"
    words = [f"its source says {number(said[0])} to {number(said[1])} h, {own}" if said else own]
    words += [f"choose {choose}"] if choose else []
    proven = sum(map.standings[name].state in PROVEN_STATES for name in topics)
    words += ["complete"] if proven >= (choose or len(topics)) else []
    return f"{title} ({'; '.join(words)})"


def _track_line(map: Map, track: Track, longest: int, columns: int) -> Text:
    sums = hours(map, track.topics)
    size = 10 if columns >= 100 else 0  # the title says more than its bar
    mine = "→" if track.id == map.progress.track else " "
    line = Text.assemble((f"{mine} {track.id:<{longest}}  ", "cyan"))
    share = sums["hours_done"] / sums["hours"] if sums["hours"] else 0.0
    count = f" {number(sums['hours']):>5} h"
    title = Text(track.title)
    title.truncate(max(columns - line.cell_len - size - len(count) - 1, 8), overflow="ellipsis", pad=True)
    whole = Text.assemble(line, title, " ", *bar(share, size), (count, "dim"))
    whole.truncate(columns, overflow="ellipsis")
    return whole
