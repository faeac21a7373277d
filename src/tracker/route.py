"""The way to a topic, and the shortcut that exercises are: pure functions over a Map. Reads no file, prints nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.graph import PROVEN_STATES, Map, ancestors, in_order, is_done, proof_tasks
from tracker.roadmap import Topic


@dataclass(frozen=True, slots=True)
class Step:
    """A topic on the way. `hours`: all that is left of it; `hours_to_prove`: what is left until it is proven."""

    topic: str
    hours: float
    hours_to_prove: float


@dataclass(frozen=True, slots=True)
class Route:
    """What has to be proven to reach `goal`, in an order in which it can be; `goal` itself comes last."""

    goal: str
    steps: tuple[Step, ...]

    @property
    def hours(self) -> float:
        return sum(step.hours for step in self.steps)

    @property
    def hours_to_prove(self) -> float:
        return sum(step.hours_to_prove for step in self.steps)


@dataclass(frozen=True, slots=True)
class Placement:
    """Passing all of `exercises` proves `topic`, and credits `credits`: it and all that it needs. `left`: not yet passed."""

    topic: str
    exercises: tuple[str, ...]
    left: tuple[str, ...]
    credits: tuple[str, ...]


def route(map: Map, goal: str) -> Route:
    """The shortest way to `goal`: every topic that it needs and that is not proven, for none of them can be left out."""
    before = () if _is_proven(map, goal) else (*ancestors(map.roadmap, [goal]), goal)
    missing = [name for name in before if not _is_proven(map, name)]
    return Route(goal, tuple(_step(map, name) for name in in_order(map.roadmap, missing)))


def placements(map: Map, goal: str | None = None) -> list[Placement]:
    """The smallest set of exercises whose passing credits what comes before `goal` (before nothing: the whole roadmap).

    A topic whose exercises exist is in it where no other such topic builds on it. Nothing but itself or what builds on it
    could credit that topic, so no smaller set credits as much.
    """
    before = ancestors(map.roadmap, [goal]) if goal else list(map.roadmap.topics)
    gradable = [name for name in before if not _is_proven(map, name) and available(map.roadmap.topics[name])]
    underneath = set(ancestors_of_any(map, gradable))
    return [placement(map, name) for name in gradable if name not in underneath]


def creditable(map: Map, goal: str | None = None) -> list[Placement]:
    """Placements that are earned: every exercise passed, and something before it not proven yet."""
    topics = (*ancestors(map.roadmap, [goal]), goal) if goal else tuple(map.roadmap.topics)
    found = [placement(map, name) for name in topics if available(map.roadmap.topics[name])]
    return [one for one in found if not one.left and one.credits]


def uncredited(map: Map, goal: str | None, placed: list[Placement]) -> list[str]:
    """What comes before `goal`, is not proven, and no exercise credits."""
    before = ancestors(map.roadmap, [goal]) if goal else list(map.roadmap.topics)
    credited = {name for one in placed for name in one.credits}
    return [name for name in before if name not in credited and not _is_proven(map, name)]


def placement(map: Map, name: str) -> Placement:
    """What passing the exercises of topic `name` would credit now."""
    exercises = available(map.roadmap.topics[name])
    left = tuple(exercise for exercise in exercises if exercise not in map.progress.passed_at)
    credits = [one for one in (*ancestors(map.roadmap, [name]), name) if not _is_proven(map, one)]
    return Placement(name, exercises, left, tuple(credits))


def available(topic: Topic) -> tuple[str, ...]:
    """The topic's exercises that exist and count."""
    return tuple(task.exercise for task in topic.tasks if task.exercise and task.counts)


def ancestors_of_any(map: Map, topics: list[str]) -> set[str]:
    """What at least one of `topics` needs, directly or not; linear, unlike `ancestors` of each."""
    found: set[str] = set()
    left = list(topics)
    while left:
        new = [need for need in map.roadmap.topics[left.pop()].needs if need not in found]
        found.update(new)
        left += new
    return found


def _step(map: Map, name: str) -> Step:
    topic, standing = map.roadmap.topics[name], map.standings[name]
    counted = sum(task.hours or 1.0 for task in topic.tasks if task.counts)
    proof = [task for task in proof_tasks(topic) if not is_done(topic, task, map.progress)]
    to_prove = topic.hours * sum(task.hours or 1.0 for task in proof) / (counted or 1.0)
    return Step(name, max(topic.hours - standing.hours_done, 0.0), to_prove)


def _is_proven(map: Map, name: str) -> bool:
    return map.standings[name].state in PROVEN_STATES
