"""What there is to learn, as plain data that was checked when it was read. Knows nothing of files or of a learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PROJECTS = "projects"  # the group that a roadmap's projects are shown under; its exercises lie in curriculum/projects/


@dataclass(frozen=True, slots=True)
class Resource:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Question:
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Task:
    """`id` is unique in its topic and is what the journal remembers. `planned`: its exercise does not exist yet."""

    id: str
    kind: str
    text: str
    hours: float | None = None
    optional: bool = False
    exercise: str | None = None
    planned: bool = False
    resources: tuple[Resource, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether its topic waits for it."""
        return not self.optional and not self.planned


@dataclass(frozen=True, slots=True)
class Topic:
    """`needs` lock it; `after` only recommends an order. Projects are topics of the module `projects`."""

    id: str
    title: str
    module: str
    level: str
    hours: float
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    lesson: str | None = None
    tasks: tuple[Task, ...] = ()
    questions: tuple[Question, ...] = ()
    resources: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """`topics` and `needs` are ids, in the file's order."""

    id: str
    title: str
    takeaway: str
    needs: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """An ordered path through topics. What it needs from outside itself counts as known."""

    id: str
    title: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roadmap:
    """`topics` is in the roadmap's order."""

    title: str
    modules: tuple[Module, ...]
    topics: Mapping[str, Topic]
    tracks: tuple[Track, ...] = ()

    def exercises(self) -> dict[str, tuple[Topic, Task]]:
        """Each exercise, planned ones too, with the one task that it grades."""
        return {
            task.exercise: (topic, task)
            for topic in self.topics.values()
            for task in topic.tasks
            if task.exercise is not None
        }


def task_name(topic: Topic, task: Task) -> str:
    """How the journal names a task: `svd/study-svd`."""
    return f"{topic.id}/{task.id}"
