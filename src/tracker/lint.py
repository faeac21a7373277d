"""Whether the roadmap, the folders and the journal agree. Reads all three, changes nothing, imports no spec."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracker import cache, evidence, journal, progress
from tracker.journal import Event
from tracker.roadmap import Roadmap, task_name
from tracker.source import SourceError
from tracker.workspace import CURRICULUM, Workspace, did_you_mean, exercise_folders


@dataclass(frozen=True)
class Findings:
    """`problems` are to be put right; `notes` are to be known."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]


def lint(workspace: Workspace) -> Findings:
    """Everything that does not fit, at once."""
    try:
        roadmap = cache.load(workspace)
    except SourceError as error:
        return Findings(tuple(map(str, error.problems)), ("folders and journal were not checked",))
    log = journal.read(workspace.journal)
    problems = [*_folders(workspace, roadmap), *_exercises(workspace, roadmap), *_lessons(workspace, roadmap)]
    problems += [problem for event in log.events for problem in _grade(workspace, event)]
    notes = [*_planned(roadmap), *log.warnings, *_unplaced(roadmap, log.events)]
    return Findings(tuple(problems), tuple(notes))


def _folders(workspace: Workspace, roadmap: Roadmap) -> Iterator[str]:
    """Folders of this workspace that no task names; the shipped ones are their own checkout's to lint."""
    graded = roadmap.exercises()
    for template in sorted((workspace.root / CURRICULUM).glob("*/*/exercise.py")):
        folder = template.parent.relative_to(workspace.root)
        if not (template.parent / "spec.py").is_file():
            yield f"{folder}: an exercise without a spec.py"
        elif folder.name not in graded:
            hint = did_you_mean(folder.name, graded)
            yield f"{folder}: no task names this exercise{f'; {hint}' if hint else ''}"


def _exercises(workspace: Workspace, roadmap: Roadmap) -> Iterator[str]:
    folders = exercise_folders(workspace)
    for exercise, (topic, task) in roadmap.exercises().items():
        name = task_name(topic, task)
        if task.planned and exercise in folders:
            yield f"{name}: the exercise {exercise!r} exists, so it is no longer `planned`"
        if not task.planned and exercise not in folders:
            hint = did_you_mean(exercise, folders) or "write it, or say `planned: true`"
            yield f"{name}: there is no folder {CURRICULUM}/{topic.module}/{exercise} with a spec.py; {hint}"


def _lessons(workspace: Workspace, roadmap: Roadmap) -> Iterator[str]:
    named = {topic.lesson: topic for topic in roadmap.topics.values() if topic.lesson}
    for lesson, topic in named.items():
        if not any((content / lesson).is_file() for content in workspace.content):
            yield f"{topic.id}: its lesson {lesson} does not exist"
    for path in sorted((workspace.root / CURRICULUM).glob("*/*.md")):
        lesson = path.relative_to(workspace.root).as_posix()
        if lesson not in named and path.name != "README.md":
            yield f"{lesson}: no topic names this lesson"


def _grade(workspace: Workspace, event: Event) -> Iterator[str]:
    """A graded event whose report is gone or is no longer what was graded."""
    wrong = evidence.fault(workspace, event) if event.kind == "graded" else None
    if wrong:
        yield f"{workspace.journal.name}, event {event.id[:8]} ({event.data.get('exercise')}): {wrong}"


def _planned(roadmap: Roadmap) -> Iterator[str]:
    planned = sorted(name for name, (_, task) in roadmap.exercises().items() if task.planned)
    if planned:
        yield f"{len(planned)} exercises are planned, still to be written: {', '.join(planned)}"


def _unplaced(roadmap: Roadmap, events: tuple[Event, ...]) -> Iterator[str]:
    """What the journal holds and this roadmap has no place for. It is kept: another version may know it."""
    tasks = {task_name(topic, task) for topic in roadmap.topics.values() for task in topic.tasks}
    for event in events:
        place = f"event {event.id[:8]}"
        if event.kind not in progress.KINDS:
            yield f"{place}: of the unknown kind {event.kind!r} (a newer Scratchmark's?); kept"
        if event.kind == "done" and event.data.get("task") not in tasks:
            yield f"{place}: ticks {event.data.get('task')!r}, which is in no topic (any more); kept"
        if event.kind == "graded" and event.data.get("exercise") not in roadmap.exercises():
            yield f"{place}: grades {event.data.get('exercise')!r}, which is in no topic (any more); kept"
