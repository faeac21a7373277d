"""A roadmap as its files have it, each part with the place where it is written. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracker.model import (
    ModuleEntry,
    ModuleInFile,
    PaperInFile,
    PaperTaskInFile,
    ResourceInFile,
    ScheduleInFile,
    TaskInFile,
    TopicInFile,
    TrackInFile,
)
from tracker.source import Document, Loc, Problem


@dataclass(frozen=True)
class PlacedModule:
    """A module and where roadmap.yaml names it."""

    entry: ModuleEntry
    module: ModuleInFile
    document: Document
    loc: Loc


@dataclass(frozen=True)
class PlacedTopic:
    """A topic or project and where it is written."""

    topic: TopicInFile
    module: str
    document: Document
    loc: Loc

    def problem(self, message: str, *inner: str | int) -> Problem:
        return self.document.problem((*self.loc, *inner), message)


@dataclass(frozen=True)
class PlacedTrack:
    """A track and where it is written."""

    track: TrackInFile
    document: Document
    loc: Loc


@dataclass(frozen=True)
class PlacedSchedule:
    """A schedule and where it is written."""

    schedule: ScheduleInFile
    document: Document
    loc: Loc


@dataclass(frozen=True)
class Draft:
    """Everything, before it is known to fit. `unread`: ids in files that have faults."""

    document: Document
    title: str = ""
    modules: tuple[PlacedModule, ...] = ()
    topics: tuple[PlacedTopic, ...] = ()
    tracks: tuple[PlacedTrack, ...] = ()
    schedules: tuple[PlacedSchedule, ...] = ()
    paper_tasks: tuple[PaperTaskInFile, ...] = ()
    resources: tuple[ResourceInFile, ...] = ()
    hide: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()


def task_id(task: TaskInFile) -> str | None:
    """A task's own id, or else its exercise's with dashes."""
    return task.id or (task.exercise.replace("_", "-") if task.exercise else None)


def is_optional(task: TaskInFile) -> bool:
    """Reading and watching are optional unless said; everything else counts unless said."""
    return task.kind in ("read", "watch") if task.optional is None else task.optional


def steps_of(paper: PaperInFile, draft: Draft) -> Iterator[tuple[str, PaperTaskInFile]]:
    """The tasks of reading a paper, each with its id: `adam-pass-1`."""
    for step in draft.paper_tasks:
        yield f"{paper.id}-{step.id}", step
