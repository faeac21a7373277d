"""What there is to learn, as plain data that was checked when it was read. Knows nothing of files or of a learner.

Named tuples, not dataclasses: defining eleven of these took 10 ms of every cold command, and filling 3,500 another 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PROJECTS = "projects"  # the group that a roadmap's projects are shown under; its exercises lie in curriculum/projects/


class Resource(NamedTuple):
    title: str
    url: str


class Question(NamedTuple):
    question: str
    answer: str


class Paper(NamedTuple):
    """A text to read in passes; `id` begins the ids of its tasks."""

    id: str
    title: str
    year: int
    url: str


class Task(NamedTuple):
    """`id` is unique in its topic and is what the journal remembers. `planned`: its exercise does not exist yet.

    `after`: exercises that its exercise builds on. `paper`: the id of the topic's paper that it is a step of reading.
    """

    id: str
    kind: str
    text: str
    hours: float | None = None
    optional: bool = False
    exercise: str | None = None
    planned: bool = False
    after: tuple[str, ...] = ()
    paper: str | None = None
    resources: tuple[Resource, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether its topic waits for it."""
        return not self.optional and not self.planned


class Topic(NamedTuple):
    """`needs` lock it; `after` only recommends an order. Projects are topics of the module `projects`.

    `estimated`: no source gives its hours.
    """

    id: str
    title: str
    module: str
    level: str
    hours: float
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    lesson: str | None = None
    tasks: tuple[Task, ...] = ()
    papers: tuple[Paper, ...] = ()
    questions: tuple[Question, ...] = ()
    resources: tuple[Resource, ...] = ()
    estimated: bool = False


class Module(NamedTuple):
    """`topics` and `needs` are ids, in the file's order."""

    id: str
    title: str
    takeaway: str
    needs: tuple[str, ...]
    topics: tuple[str, ...]


class Section(NamedTuple):
    """A chapter of a track. `hours`: from and to, as its source says. `choose`: so many of its topics are enough."""

    id: str
    title: str
    topics: tuple[str, ...]
    hours: tuple[float, float] | None = None
    choose: int | None = None
    outcome: str = ""


class Track(NamedTuple):
    """An ordered path through topics. What it needs from outside itself counts as known."""

    id: str
    title: str
    kind: str
    sections: tuple[Section, ...]
    note: str = ""

    @property
    def topics(self) -> tuple[str, ...]:
        """Each topic once, in the track's order."""
        return tuple(dict.fromkeys(name for section in self.sections for name in section.topics))


class Slot(NamedTuple):
    """`start` and `end` count the schedule's units from 1, both included; None: its source gives it no time."""

    title: str
    start: int | None
    end: int | None
    topics: tuple[str, ...]
    note: str = ""


class Schedule(NamedTuple):
    """A calendar over a track; it never locks. `unit` is week or quarter (13 weeks)."""

    id: str
    title: str
    track: str
    unit: str
    slots: tuple[Slot, ...]
    hours_per_week: tuple[float, float] | None = None
    note: str = ""


class Roadmap(NamedTuple):
    """`topics` is in the roadmap's order. `resources` serve more than one topic."""

    title: str
    modules: tuple[Module, ...]
    topics: Mapping[str, Topic]
    tracks: tuple[Track, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    resources: tuple[Resource, ...] = ()

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
