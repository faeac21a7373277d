"""What is locked, open, proven, done, due: pure functions over a Roadmap and a Progress.

`read`, the one door to the disk, is for callers that want both at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tracker.progress import Progress
from tracker.roadmap import Module, Roadmap, Task, Topic, Track, task_name
from tracker.workspace import Workspace


class State(StrEnum):
    LOCKED = "locked"
    OPEN = "open"
    IN_PROGRESS = "in progress"
    PROVEN = "proven"
    DONE = "done"
    DUE = "due"


PROVEN_STATES = (State.PROVEN, State.DONE, State.DUE)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a topic is. `missing`: the needs not yet proven; `done` of `counted`: tasks that the topic waits for.

    `credited`: proven by passing something that builds on it, not by its own tasks.
    """

    state: State
    missing: tuple[str, ...]
    done: int
    counted: int
    hours_done: float
    credited: bool = False


@dataclass(frozen=True)
class Map:
    """A learner's roadmap at one moment: what there is, what was done, and where every topic stands."""

    roadmap: Roadmap
    progress: Progress
    standings: Mapping[str, Standing]
    warnings: tuple[str, ...] = ()

    @property
    def due(self) -> list[str]:
        """Topics whose review has come round."""
        return [name for name, standing in self.standings.items() if standing.state is State.DUE]


def read(workspace: Workspace) -> Map:
    """The map of a workspace: its roadmap (from the cache where that is fresh) and its journal, now."""
    from tracker import cache, journal, progress, review

    roadmap, log = cache.load(workspace), journal.read(workspace.journal)
    done = progress.of(log.events)
    now = standings(roadmap, done)
    due = review.due(workspace, roadmap, done, proven(now))
    return Map(roadmap, done, with_reviews(now, due), log.warnings)


def on_track(map: Map, track: Track) -> Map:
    """The map cut down to a track: its sections for modules, and no lock by what lies outside or comes later in it."""
    roadmap = cut(map.roadmap, track)
    return replace(map, roadmap=roadmap, standings=with_reviews(standings(roadmap, map.progress), map.due))


def cut(roadmap: Roadmap, track: Track) -> Roadmap:
    """A track as a roadmap of its own. A need that the track puts later becomes a recommendation; one outside is assumed."""
    place = {name: number for number, name in enumerate(track.topics)}
    topics = {}
    for name in place:
        topic = roadmap.topics[name]
        needs = tuple(need for need in topic.needs if place.get(need, len(place)) < place[name])
        later = tuple(need for need in topic.needs if place.get(need, -1) > place[name])
        after = tuple(one for one in topic.after if one in place)
        topics[name] = topic._replace(needs=needs, after=later + after)
    modules = tuple(
        Module(section.id, section.title, section.outcome, (), section.topics) for section in track.sections
    )
    return roadmap._replace(title=track.title, modules=modules, topics=topics)


def is_done(topic: Topic, task: Task, progress: Progress) -> bool:
    """Graded where an exercise grades it, ticked where not."""
    if task.exercise is not None:
        return task.exercise in progress.passed_at
    return task_name(topic, task) in progress.ticked


def standings(roadmap: Roadmap, progress: Progress) -> dict[str, Standing]:
    """Every topic's standing, in the roadmap's order, reviews left out. Linear in topics, tasks and needs."""
    passed, ticked = progress.passed_at, progress.ticked
    done = {
        topic.id: [
            task
            for task in topic.tasks
            if (task.exercise in passed if task.exercise else task_name(topic, task) in ticked)
        ]
        for topic in roadmap.topics.values()
    }
    credits = credited(progress)
    known = {topic.id for topic in roadmap.topics.values() if topic.id in credits or _is_proven(topic, done[topic.id])}
    return {topic.id: _standing(topic, done[topic.id], known, progress) for topic in roadmap.topics.values()}


def proven(standings: Mapping[str, Standing]) -> list[str]:
    """Topics that count as known."""
    return [name for name, standing in standings.items() if standing.state in PROVEN_STATES]


def with_reviews(standings: Mapping[str, Standing], due: Collection[str]) -> dict[str, Standing]:
    """The standings with those topics due whose review has come round."""
    due = set(due)
    return {
        name: replace(standing, state=State.DUE) if name in due and standing.state in PROVEN_STATES else standing
        for name, standing in standings.items()
    }


def credited(progress: Progress) -> frozenset[str]:
    """Topics that a placement credits, as long as all exercises that it rests on are passed."""
    found: set[str] = set()
    for event in progress.placed.values():
        exercises, topics = event.data.get("exercises"), event.data.get("credits")
        if not (isinstance(exercises, list) and exercises and isinstance(topics, list)):
            continue
        if all(isinstance(name, str) and name in progress.passed_at for name in exercises):
            found.update(name for name in topics if isinstance(name, str))
    return frozenset(found)


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
    found -= start
    return [name for name in roadmap.topics if name in found]


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


def in_order(roadmap: Roadmap, topics: Collection[str]) -> list[str]:
    """`topics` so that each comes after those of them that it needs; else in the roadmap's order. Linear."""
    wanted = set(topics)
    found: dict[str, None] = {}
    for name in roadmap.topics:
        stack = [name] if name in wanted else []
        while stack:
            left = [need for need in roadmap.topics[stack[-1]].needs if need in wanted and need not in found]
            if left:
                stack += reversed(left)
            else:
                found[stack.pop()] = None
    return list(found)


def _is_proven(topic: Topic, done: list[Task]) -> bool:
    proof = proof_tasks(topic)
    return bool(proof) and all(task in done for task in proof)


def proof_tasks(topic: Topic) -> list[Task]:
    """The tasks that prove a topic: those of its exercises that exist, or else all that count."""
    counted = [task for task in topic.tasks if task.counts]
    return [task for task in counted if task.exercise is not None] or counted


def _standing(topic: Topic, done: list[Task], known: set[str], progress: Progress) -> Standing:
    counted = [task for task in topic.tasks if task.counts]
    finished = [task for task in done if task.counts]
    missing = tuple(need for need in topic.needs if need not in known)
    begun = bool(done) or any(task.exercise in progress.tried for task in topic.tasks)
    by_itself = _is_proven(topic, done)
    if topic.id in known:
        state = State.DONE if len(finished) == len(counted) else State.PROVEN
    elif begun:
        state = State.IN_PROGRESS
    else:
        state = State.LOCKED if missing else State.OPEN
    is_credited = topic.id in known and not by_itself
    hours = topic.hours if is_credited else topic.hours * _weight(finished) / (_weight(counted) or 1.0)
    return Standing(state, missing, len(finished), len(counted), hours, is_credited)


def _weight(tasks: list[Task]) -> float:
    return sum(task.hours or 1.0 for task in tasks)
