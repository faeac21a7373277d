"""Whether the parts of a roadmap fit together: ids, needs, cycles, who grades what. Reads no file and changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from tracker.model import ModuleEntry, ModuleInFile, TaskInFile, TopicInFile, TrackInFile
from tracker.roadmap import PROJECTS
from tracker.source import Document, Loc, Problem
from tracker.workspace import did_you_mean


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
class Draft:
    """A roadmap as its files have it, before anything is known to fit. `unread`: ids in files that have faults."""

    document: Document
    title: str
    modules: tuple[PlacedModule, ...]
    topics: tuple[PlacedTopic, ...]
    tracks: tuple[PlacedTrack, ...]
    hide: tuple[str, ...]
    unread: frozenset[str] = frozenset()


def all_problems(draft: Draft) -> list[Problem]:
    """Every fault of the draft."""
    found = (
        _ids(draft),
        _tasks(draft),
        _unknown(draft),
        _cycles(draft),
        _graders(draft),
        _module_needs(draft),
    )
    return [problem for check in found for problem in check]


def task_id(task: TaskInFile) -> str | None:
    """A task's own id, or else its exercise's with dashes."""
    return task.id or (task.exercise.replace("_", "-") if task.exercise else None)


def is_optional(task: TaskInFile) -> bool:
    """Reading and watching are optional unless said; everything else counts unless said."""
    return task.kind in ("read", "watch") if task.optional is None else task.optional


def _ids(draft: Draft) -> Iterator[Problem]:
    yield from _twice("module", ((m.entry.id, m.document, m.loc) for m in draft.modules))
    yield from _twice("topic", ((t.topic.id, t.document, t.loc) for t in draft.topics))
    yield from _twice("track", ((t.track.id, t.document, t.loc) for t in draft.tracks))
    for module in draft.modules:
        if module.entry.id == PROJECTS:
            yield module.document.problem(module.loc, f"{PROJECTS!r} is the group of `projects:`, no module of its own")


def _twice(what: str, places: Iterable[tuple[str, Document, Loc]]) -> Iterator[Problem]:
    first: dict[str, tuple[Document, Loc]] = {}
    for name, document, loc in places:
        if name in first:
            where, line = first[name][0].name, first[name][0].line(first[name][1])
            yield document.problem(loc, f"the {what} {name!r} exists already: {where} line {line}")
        first.setdefault(name, (document, loc))


def _tasks(draft: Draft) -> Iterator[Problem]:
    for placed in draft.topics:
        tasks = list(enumerate(placed.topic.tasks))
        named = (
            (task_id(task) or "", placed.document, (*placed.loc, "tasks", n)) for n, task in tasks if task_id(task)
        )
        yield from _twice("task", named)
        for number, task in tasks:
            if task_id(task) is None:
                yield placed.problem("this task has no `id`, so the journal could not name it", "tasks", number)
            if task.planned and task.exercise is None:
                yield placed.problem("only a task with an `exercise` can be `planned`", "tasks", number)
        if not any(not task.planned and not is_optional(task) for task in placed.topic.tasks):
            yield placed.problem(f"{placed.topic.id!r} has no task that counts (neither optional nor planned)")


def _unknown(draft: Draft) -> Iterator[Problem]:
    topics = {placed.topic.id for placed in draft.topics} | draft.unread
    for placed in draft.topics:
        for key, names in (("needs", placed.topic.needs), ("after", placed.topic.after)):
            for number, name in enumerate(names):
                if name not in topics:
                    wrong = f"{placed.topic.id!r} {key[:5]} {name!r}, which is no topic{_hint(name, topics)}"
                    yield placed.problem(wrong.replace(" after ", " comes after "), key, number)
    for track in draft.tracks:
        for number, name in enumerate(track.track.topics):
            if name not in topics:
                loc = (*track.loc, "topics", number)
                yield track.document.problem(loc, f"the track has {name!r}, which is no topic{_hint(name, topics)}")
    known = topics | {m.entry.id for m in draft.modules} | {t.track.id for t in draft.tracks}
    for number, name in enumerate(draft.hide):
        if name not in known:
            yield draft.document.problem(("hide", number), f"nothing to hide is called {name!r}{_hint(name, known)}")


def _hint(wrong: str, names: Iterable[str]) -> str:
    hint = did_you_mean(wrong, names)
    return f"; {hint}" if hint else ""


def _cycles(draft: Draft) -> Iterator[Problem]:
    placed = {topic.topic.id: topic for topic in draft.topics}
    graph = {name: [need for need in topic.topic.needs if need in placed] for name, topic in placed.items()}
    for cycle in _cycles_of(graph):
        yield placed[cycle[0]].problem(f"these topics need each other: {' -> '.join(cycle)}", "needs")


def _cycles_of(graph: dict[str, list[str]]) -> Iterator[list[str]]:
    """One cycle, written as a path of needs, of every knot in the graph."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        import networkx  # 110 ms, so only where something is wrong

        edges = networkx.DiGraph((name, need) for name, needs in graph.items() for need in needs)
        for knot in networkx.strongly_connected_components(edges):
            inner = edges.subgraph(knot)
            if inner.number_of_edges():
                path = [name for name, _ in networkx.find_cycle(inner, min(knot))]
                start = path.index(min(path))
                yield [*path[start:], *path[:start], path[start]]


def _graders(draft: Draft) -> Iterator[Problem]:
    places = (
        (task.exercise, placed.document, (*placed.loc, "tasks", number))
        for placed in draft.topics
        for number, task in enumerate(placed.topic.tasks)
        if task.exercise
    )
    yield from _twice("task graded by", places)


def _module_needs(draft: Draft) -> Iterator[Problem]:
    home = {placed.topic.id: placed.module for placed in draft.topics}
    needed: dict[str, dict[str, str]] = defaultdict(dict)
    for placed in draft.topics:
        for need in placed.topic.needs:
            if home.get(need, placed.module) not in (placed.module, PROJECTS):
                needed[placed.module].setdefault(home[need], f"{placed.topic.id!r} needs {need!r}")
    for module in draft.modules:
        name, said, real = module.entry.id, set(module.entry.needs), needed[module.entry.id]
        for missing in sorted(real.keys() - said):
            yield module.document.problem(
                module.loc, f"{name!r} does not say that it needs {missing!r}, but {real[missing]}"
            )
        for extra in sorted(said - real.keys()) if not draft.unread else ():
            known = {m.entry.id for m in draft.modules}
            why = "none of its topics does" if extra in known else f"that is no module{_hint(extra, known)}"
            yield module.document.problem((*module.loc, "needs"), f"{name!r} says that it needs {extra!r}, but {why}")
