"""What is locked, open, proven, done, and what to do next: pure functions over a Roadmap and a Progress.

`read`, the one door to the disk, is for callers that want both at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.progress import Progress
from tracker.roadmap import Roadmap, Task, Topic, task_name
from tracker.workspace import Workspace


class State(StrEnum):
    LOCKED = "locked"
    OPEN = "open"
    IN_PROGRESS = "in progress"
    PROVEN = "proven"
    DONE = "done"


PROVEN_STATES = (State.PROVEN, State.DONE)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a topic is. `missing`: the needs not yet proven; `done` of `counted`: tasks that the topic waits for."""

    state: State
    missing: tuple[str, ...]
    done: int
    counted: int
    hours_done: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A topic to work on, its first task that is left, and why it ranks here."""

    topic: str
    task: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Map:
    """A learner's roadmap at one moment: what there is, what was done, and where every topic stands."""

    roadmap: Roadmap
    progress: Progress
    standings: Mapping[str, Standing]
    warnings: tuple[str, ...] = ()


def read(workspace: Workspace) -> Map:
    """The map of a workspace: its roadmap (from the cache where that is fresh) and its journal."""
    from tracker import cache, journal, progress

    roadmap, log = cache.load(workspace), journal.read(workspace.journal)
    done = progress.of(log.events)
    return Map(roadmap, done, standings(roadmap, done), log.warnings)


def is_done(topic: Topic, task: Task, progress: Progress) -> bool:
    """Graded where an exercise grades it, ticked where not."""
    if task.exercise is not None:
        return task.exercise in progress.passed
    return task_name(topic, task) in progress.ticked


def standings(roadmap: Roadmap, progress: Progress) -> dict[str, Standing]:
    """Every topic's standing, in the roadmap's order."""
    passed, ticked = progress.passed, progress.ticked.keys()  # once, not once a task
    done = {
        topic.id: [
            task
            for task in topic.tasks
            if (task.exercise in passed if task.exercise else task_name(topic, task) in ticked)
        ]
        for topic in roadmap.topics.values()
    }
    proven = {topic.id for topic in roadmap.topics.values() if _is_proven(topic, done[topic.id])}
    return {topic.id: _standing(topic, done[topic.id], proven, progress) for topic in roadmap.topics.values()}


def newly_opened(before: Map, after: Map) -> list[str]:
    """Topics that were locked before and whose needs are all proven after, in the roadmap's order."""
    was = {name for name, standing in before.standings.items() if standing.state is State.LOCKED}
    return [name for name, now in after.standings.items() if name in was and not now.missing]


def ancestors(roadmap: Roadmap, topics: Iterable[str]) -> list[str]:
    """Everything that `topics` need, directly or not, without themselves, in the roadmap's order."""
    start = set(topics)
    found: set[str] = set()
    left = list(start)
    while left:
        new = [need for need in roadmap.topics[left.pop()].needs if need not in found]
        found.update(new)
        left += new
    return [name for name in roadmap.topics if name in found - start]


def earnable(roadmap: Roadmap, exercise: str) -> frozenset[str]:
    """The exercises that the needs of an exercise's topic could have earned; none for one that is in no roadmap."""
    graded = roadmap.exercises()
    if exercise not in graded:
        return frozenset()
    before = set(ancestors(roadmap, [graded[exercise][0].id]))
    return frozenset(name for name, (topic, task) in graded.items() if topic.id in before and not task.planned)


def opens(roadmap: Roadmap) -> dict[str, list[str]]:
    """For every topic, the topics that need it directly."""
    found: dict[str, list[str]] = {name: [] for name in roadmap.topics}
    for topic in roadmap.topics.values():
        for need in topic.needs:
            found[need].append(topic.id)
    return found


def suggestions(map: Map) -> list[Suggestion]:
    """What to do now, best first: what is begun, then what opens the most; the roadmap's order settles the rest."""
    children = opens(map.roadmap)
    found = []
    for name, standing in map.standings.items():
        if standing.state in (State.OPEN, State.IN_PROGRESS, State.PROVEN):
            freed = [c for c in children[name] if map.standings[c].missing == (name,)]
            found.append((_rank(map, name, freed), _suggestion(map, name, children[name], freed)))
    return [suggestion for _, suggestion in sorted(found, key=lambda pair: pair[0])]


def _is_proven(topic: Topic, done: list[Task]) -> bool:
    counted = [task for task in topic.tasks if task.counts]
    proof = [task for task in counted if task.exercise is not None] or counted
    return bool(proof) and all(task in done for task in proof)


def _standing(topic: Topic, done: list[Task], proven: set[str], progress: Progress) -> Standing:
    counted = [task for task in topic.tasks if task.counts]
    finished = [task for task in done if task.counts]
    missing = tuple(need for need in topic.needs if need not in proven)
    begun = bool(done) or any(task.exercise in progress.tried for task in topic.tasks)
    if topic.id in proven:
        state = State.DONE if len(finished) == len(counted) else State.PROVEN
    elif begun:
        state = State.IN_PROGRESS
    else:
        state = State.LOCKED if missing else State.OPEN
    hours = topic.hours * _weight(finished) / (_weight(counted) or 1.0)
    return Standing(state, missing, len(finished), len(counted), hours)


def _weight(tasks: list[Task]) -> float:
    return sum(task.hours or 1.0 for task in tasks)


def _rank(map: Map, name: str, freed: list[str]) -> tuple[int, int, int]:
    order = (State.IN_PROGRESS, State.OPEN, State.PROVEN)
    early = sum(map.standings[before].state not in PROVEN_STATES for before in map.roadmap.topics[name].after)
    return order.index(map.standings[name].state), -len(freed), early


def _suggestion(map: Map, name: str, children: list[str], freed: list[str]) -> Suggestion:
    topic, standing = map.roadmap.topics[name], map.standings[name]
    left = [task for task in topic.tasks if task.counts and not is_done(topic, task, map.progress)]
    reasons = [f"{standing.done} of {standing.counted} tasks done"] if standing.done else []
    if standing.state is State.PROVEN:
        reasons.append("proven already: these ticks are all that is left")
    elif standing.missing and standing.state is State.IN_PROGRESS:
        reasons.append(f"begun ahead of {', '.join(standing.missing)}")
    if freed and standing.state is not State.PROVEN:
        reasons.append(f"opens {', '.join(freed)}")
    elif children and standing.state is not State.PROVEN:
        reasons.append(f"leads to {', '.join(children)}")
    reasons += [f"easier after {before}" for before in topic.after if map.standings[before].state not in PROVEN_STATES]
    return Suggestion(name, task_name(topic, left[0]) if left else None, tuple(reasons))
