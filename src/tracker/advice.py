"""What to do now, and why: pure functions over a Map. Reads no file, prints nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.graph import PROVEN_STATES, Map, State, is_done, on_track, opens
from tracker.roadmap import Task, Topic, Track, task_name

_ORDER = (State.IN_PROGRESS, State.OPEN, State.PROVEN, State.DUE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A topic to work on, its task to begin with, and why it ranks here."""

    topic: str
    task: str | None
    reasons: tuple[str, ...]


def suggestions(map: Map, hours: float | None = None, track: Track | None = None) -> list[Suggestion]:
    """What to do now, best first.

    What lies on the followed track comes first, in the track's order. Else, and on the track too: what is begun before
    what is open, what fits the hours at hand before what does not; off the track then what opens the most.
    """
    own = _ranked(on_track(map, track), hours, track) if track else []
    mine = set(track.topics) if track else set()
    return own + [one for one in _ranked(map, hours) if one.topic not in mine]


def _ranked(map: Map, hours: float | None, track: Track | None = None) -> list[Suggestion]:
    children = opens(map.roadmap)
    found = []
    for name, standing in map.standings.items():
        left = _left(map, map.roadmap.topics[name])
        if standing.state in _ORDER and left and not standing.credited:
            task = _that_fits(left, hours)
            freed = [c for c in children[name] if map.standings[c].missing == (name,)]
            rank = _ORDER.index(standing.state), hours is not None and (task.hours or 1.0) > hours
            most = () if track else (-len(freed), -len(children[name]), _early(map, name))
            found.append(((*rank, *most), name, task, freed))
    first = [f"on your track {track.title!r}"] if track else []
    return [
        Suggestion(
            name,
            task_name(map.roadmap.topics[name], task),
            (*first, *_reasons(map, name, freed, children[name], task, hours)),
        )
        for _, name, task, freed in sorted(found, key=lambda one: one[0])
    ]


def _left(map: Map, topic: Topic) -> list[Task]:
    return [task for task in topic.tasks if task.counts and not is_done(topic, task, map.progress)]


def _that_fits(left: list[Task], hours: float | None) -> Task:
    fitting = (task for task in left if hours is None or (task.hours or 1.0) <= hours)
    return next(fitting, left[0])


def _early(map: Map, name: str) -> int:
    """How many topics that are recommended before it are still to come."""
    return sum(_is_before(map, before) for before in map.roadmap.topics[name].after)


def _is_before(map: Map, name: str) -> bool:
    """Whether a recommended topic is still to come. One outside a track counts as known."""
    return name in map.standings and map.standings[name].state not in PROVEN_STATES


def _reasons(map: Map, name: str, freed: list[str], children: list[str], task: Task, hours: float | None) -> list[str]:
    topic, standing = map.roadmap.topics[name], map.standings[name]
    reasons = [f"{standing.done} of {standing.counted} tasks done"] if standing.done else []
    if standing.state in PROVEN_STATES:
        return [*reasons, "proven already: these ticks are all that is left", *_fits(task, hours)]
    if standing.missing and standing.state is State.IN_PROGRESS:
        reasons.append(f"begun ahead of {', '.join(standing.missing)}")
    if freed:
        reasons.append(f"opens {_some(freed)}")
    elif children:
        reasons.append(f"leads to {_some(children)}")
    reasons += _fits(task, hours)
    reasons += [f"easier after {before}" for before in topic.after if _is_before(map, before)]
    return reasons


def _fits(task: Task, hours: float | None) -> list[str]:
    if hours is None:
        return []
    fits = (task.hours or 1.0) <= hours
    return [
        f"its next task fits into {hours:g} h"
        if fits
        else f"its next task takes {task.hours or 1.0:g} h, more than {hours:g} h"
    ]


def _some(names: list[str], most: int = 4) -> str:
    """'a, b, c, d and 7 more'."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
