"""YAML files to a Roadmap: finds the files, puts a learner's own over the shipped ones, has everything checked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from tracker import assembly, checks, model, source
from tracker.draft import Draft, PlacedModule, PlacedSchedule, PlacedTopic, PlacedTrack
from tracker.roadmap import PROJECTS, Roadmap
from tracker.source import Document, Loc, Problem, SourceError
from tracker.workspace import CURRICULUM, ROADMAP, Workspace, packaged_content

_ID = re.compile(r"\bid:\s*([a-z0-9-]+)")  # good enough to keep one broken file from making others look broken


def compile_roadmap(workspace: Workspace) -> Roadmap:
    """The workspace's roadmap. Raises SourceError with every problem of every file at once."""
    draft, problems = _draft(workspace)
    problems += checks.all_problems(draft)
    if problems:
        raise SourceError(problems)
    return assembly.roadmap(draft)


def _draft(workspace: Workspace) -> tuple[Draft, list[Problem]]:
    own, extends, problems = _layer(workspace.root, workspace.root)
    if not extends:
        return own, problems
    if packaged_content() == workspace.root:
        document = own.document
        fault = document.problem(("extends",), "this is the shipped roadmap: it cannot extend itself")
        return own, [*problems, fault]
    shipped, _, shipped_problems = _layer(packaged_content(), workspace.root)
    return _laid_over(shipped, own), problems + shipped_problems


def _layer(root: Path, workspace: Path) -> tuple[Draft, bool, list[Problem]]:
    """One roadmap.yaml with its modules, as far as they can be read; whether it extends the shipped one; the faults."""
    document, problems = _read(root / ROADMAP, workspace)
    roadmap, faults = (None, []) if problems else model.check(document, model.RoadmapInFile)
    if roadmap is None:
        return Draft(document), False, problems + faults
    modules: list[PlacedModule] = []
    topics: list[PlacedTopic] = []
    unread: set[str] = set()
    for place, entry in enumerate(roadmap.modules):
        loc = ("modules", place)
        file, module, faults = _module_file(root, workspace, document.problem, loc, entry.id)
        problems += faults
        if module is None:
            unread.update(_ID.findall(file.text))
        else:
            modules.append(PlacedModule(entry, module, document, loc))
            topics += _placed(module.topics, entry.id, file, "topics")
    topics += _placed(roadmap.projects, PROJECTS, document, "projects")
    problems += _unnamed_modules(root, workspace, {entry.id for entry in roadmap.modules})
    draft = Draft(
        document,
        roadmap.title or "",
        tuple(modules),
        tuple(topics),
        tuple(PlacedTrack(track, document, ("tracks", n)) for n, track in enumerate(roadmap.tracks)),
        tuple(PlacedSchedule(one, document, ("schedules", n)) for n, one in enumerate(roadmap.schedules)),
        tuple(roadmap.paper_tasks),
        tuple(roadmap.resources),
        tuple(roadmap.hide),
        frozenset(unread),
    )
    return draft, roadmap.extends is not None, problems


def _module_file(
    root: Path, workspace: Path, fault: Callable[[Loc, str], Problem], loc: Loc, module: str
) -> tuple[Document, model.ModuleInFile | None, list[Problem]]:
    path = root / CURRICULUM / module / "module.yaml"
    if not path.is_file():
        return Document("", "", None), None, [fault(loc, f"there is no {CURRICULUM}/{module}/module.yaml")]
    file, problems = _read(path, workspace)
    if problems:
        return file, None, problems
    return file, *model.check(file, model.ModuleInFile)


def _placed(topics: list[model.TopicInFile], module: str, document: Document, key: str) -> list[PlacedTopic]:
    return [PlacedTopic(topic, module, document, (key, number)) for number, topic in enumerate(topics)]


def _read(path: Path, workspace: Path) -> tuple[Document, list[Problem]]:
    name = str(path.relative_to(workspace)) if path.is_relative_to(workspace) else str(path)
    try:
        return source.read(path, name), []
    except SourceError as error:
        return Document(name, path.read_text("utf-8", "replace"), None), list(error.problems)


def _unnamed_modules(root: Path, workspace: Path, named: set[str]) -> list[Problem]:
    files = sorted((root / CURRICULUM).glob("*/module.yaml"))
    return [
        Problem(
            os.path.relpath(path, workspace),
            1,
            f"no entry of `modules` in {ROADMAP} names {path.parent.name!r}",
        )
        for path in files
        if path.parent.name not in named
    ]


def _laid_over(shipped: Draft, own: Draft) -> Draft:
    """The shipped roadmap with the learner's own on top: what has the same id is replaced, the rest comes after."""
    modules = {m.entry.id: m for m in shipped.modules} | {m.entry.id: m for m in own.modules}
    replaced = {m.entry.id for m in own.modules}
    kept = [topic for topic in shipped.topics if topic.module not in replaced]
    projects = {t.topic.id: t for t in own.topics if t.module == PROJECTS}
    topics = [projects.pop(t.topic.id, t) if t.module == PROJECTS else t for t in kept]
    topics += [t for t in own.topics if t.module != PROJECTS] + list(projects.values())
    tracks = {t.track.id: t for t in shipped.tracks} | {t.track.id: t for t in own.tracks}
    schedules = {s.schedule.id: s for s in shipped.schedules} | {s.schedule.id: s for s in own.schedules}
    return Draft(
        own.document,
        own.title or shipped.title,
        tuple(modules.values()),
        tuple(topics),
        tuple(tracks.values()),
        tuple(schedules.values()),
        own.paper_tasks or shipped.paper_tasks,
        shipped.resources + own.resources,
        own.hide,
        shipped.unread | own.unread,
    )
