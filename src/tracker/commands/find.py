"""The thing that a word on the command line means, or an error with the nearest right word."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import UserError

if TYPE_CHECKING:
    from tracker.graph import Map
    from tracker.journal import Event
    from tracker.roadmap import Schedule, Task, Topic, Track
    from tracker.workspace import Workspace


def workspace() -> Workspace:
    from tracker import workspace as places

    return places.find(Path.cwd())


def map_of() -> Map:
    from tracker import graph

    return graph.read(workspace())


def known(name: str, names: Collection[str], what: str, where: str = "tracker status --all") -> None:
    """Raises UserError where `name` is none of `names`."""
    from tracker.workspace import did_you_mean

    if name not in names:
        raise UserError(f"there is no {what} {name!r}", fix=did_you_mean(name, names) or f"`{where}` shows all")


def topic(map: Map, name: str) -> Topic:
    """The topic of that id, or the one whose task the exercise of that id grades."""
    graded = map.roadmap.exercises()
    known(name, [*map.roadmap.topics, *graded], "topic or exercise")
    return map.roadmap.topics[name] if name in map.roadmap.topics else graded[name][0]


def track(map: Map, name: str) -> Track:
    tracks = {one.id: one for one in map.roadmap.tracks}
    known(name, tracks, "track", "tracker tracks")
    return tracks[name]


def schedule(map: Map, name: str) -> Schedule:
    schedules = {one.id: one for one in map.roadmap.schedules}
    known(name, schedules, "schedule", "tracker tracks")
    return schedules[name]


def followed(map: Map) -> Track | None:
    """The track that the learner follows, if this roadmap still has it."""
    return next((one for one in map.roadmap.tracks if one.id == map.progress.track), None)


def task(map: Map, name: str) -> tuple[Topic, Task]:
    """The task called `svd#2`, `svd/study-svd`, or `study-svd` where only one topic has such a task."""
    topic_id, mark, number = name.partition("#")
    if mark:
        found = topic(map, topic_id)
        if not number.isdecimal() or not 1 <= int(number) <= len(found.tasks):
            raise UserError(f"{found.id} has the tasks 1 to {len(found.tasks)}", fix=f"see `tracker show {found.id}`")
        return found, found.tasks[int(number) - 1]
    named = [
        (one, inner)
        for one in map.roadmap.topics.values()
        for inner in one.tasks
        if name in (inner.id, f"{one.id}/{inner.id}")
    ]
    if len(named) > 1:
        shown = [f"{t.id}/{k.id}" for t, k in named[:5]] + (["…"] if len(named) > 5 else [])
        raise UserError(f"{len(named)} topics have a task {name!r}", fix="say " + " or ".join(shown))
    if not named:
        known(name, [f"{t.id}/{k.id}" for t in map.roadmap.topics.values() for k in t.tasks], "task")
    return named[0]


def said(map: Map, name: str | None) -> Event:
    """The event to take back that `name` means: an id or its beginning, a ticked task, a placed topic, or the last one."""
    events = map.progress.undoable
    if not events:
        raise UserError("no tick stands, so there is none to take back", fix="a graded pass is a fact and stays")
    if name is None:
        return events[-1]
    matching = [event for event in events if len(name) >= 4 and event.id.startswith(name)]
    if len(matching) == 1:
        return matching[0]
    if name in map.progress.placed:
        return map.progress.placed[name]
    found, inner = task(map, name)
    tick = map.progress.ticked.get(f"{found.id}/{inner.id}")
    if tick is None:
        raise UserError(f"{found.id}/{inner.id} is not ticked", fix=f"see `tracker show {found.id}`")
    return tick
