"""Whether the parts of a roadmap fit together: ids, needs, cycles, who grades what. Reads no file and changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from tracker import track_checks
from tracker.draft import Draft, PlacedTopic, is_optional, steps_of, task_id
from tracker.roadmap import PROJECTS
from tracker.source import Document, Loc, Problem
from tracker.workspace import did_you_mean


def all_problems(draft: Draft) -> list[Problem]:
    """Every fault of the draft."""
    found = (
        _ids(draft),
        _tasks(draft),
        _unknown(draft),
        _cycles(draft),
        _graders(draft),
        _built_on(draft),
        _module_needs(draft),
        track_checks.problems(draft),
    )
    return [problem for check in found for problem in check]


def _ids(draft: Draft) -> Iterator[Problem]:
    yield from _twice("module", ((m.entry.id, m.document, m.loc) for m in draft.modules))
    yield from _twice("topic", ((t.topic.id, t.document, t.loc) for t in draft.topics))
    yield from _twice("track", ((t.track.id, t.document, t.loc) for t in draft.tracks))
    yield from _twice("schedule", ((s.schedule.id, s.document, s.loc) for s in draft.schedules))
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
        yield from _twice("task", _task_places(placed, draft))
        for number, task in tasks:
            if task_id(task) is None:
                yield placed.problem("this task has no `id`, so the journal could not name it", "tasks", number)
            if task.planned and task.exercise is None:
                yield placed.problem("only a task with an `exercise` can be `planned`", "tasks", number)
            if task.after and task.exercise is None:
                yield placed.problem("only a task with an `exercise` can build on others (`after`)", "tasks", number)
        if not any(not task.planned and not is_optional(task) for task in placed.topic.tasks):
            yield placed.problem(f"{placed.topic.id!r} has no task that counts (neither optional nor planned)")
        for number, paper in enumerate(placed.topic.papers):
            if not draft.paper_tasks:
                fault = "a paper needs `paper_tasks` in roadmap.yaml: the steps in which one reads any paper"
                yield placed.problem(f"{paper.id!r}: {fault}", "papers", number)


def _task_places(placed: PlacedTopic, draft: Draft) -> Iterator[tuple[str, Document, Loc]]:
    for number, task in enumerate(placed.topic.tasks):
        if name := task_id(task):
            yield name, placed.document, (*placed.loc, "tasks", number)
    for number, paper in enumerate(placed.topic.papers):
        for name, _ in steps_of(paper, draft):
            yield name, placed.document, (*placed.loc, "papers", number)


def _unknown(draft: Draft) -> Iterator[Problem]:
    topics = {placed.topic.id for placed in draft.topics} | draft.unread
    for placed in draft.topics:
        for key, names in (("needs", placed.topic.needs), ("after", placed.topic.after)):
            for number, name in enumerate(names):
                if name not in topics:
                    wrong = f"{placed.topic.id!r} {key[:5]} {name!r}, which is no topic{_hint(name, topics)}"
                    yield placed.problem(wrong.replace(" after ", " comes after "), key, number)
    known = topics | {m.entry.id for m in draft.modules} | {t.track.id for t in draft.tracks}
    known |= {s.schedule.id for s in draft.schedules}
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


def _built_on(draft: Draft) -> Iterator[Problem]:
    """What an exercise builds on is graded by its own topic or by one that this needs, directly or not."""
    home = {task.exercise: placed.topic.id for placed in draft.topics for task in placed.topic.tasks if task.exercise}
    needs = {placed.topic.id: placed.topic.needs for placed in draft.topics}
    for placed in draft.topics:
        before: set[str] | None = None
        for number, task in enumerate(placed.topic.tasks):
            for place, name in enumerate(task.after):
                before = _within(placed.topic.id, needs) if before is None else before
                if name not in home:
                    wrong = f"which no task grades{_hint(name, home)}"
                elif home[name] not in before:
                    wrong = f"but {placed.topic.id!r} does not need {home[name]!r}, which grades it: add the need or drop it"
                else:
                    continue
                yield placed.problem(f"{task.exercise!r} builds on {name!r}, {wrong}", "tasks", number, "after", place)


def _within(topic: str, needs: dict[str, list[str]]) -> set[str]:
    """The topic and everything that it needs."""
    found, left = {topic}, [topic]
    while left:
        new = [need for need in needs.get(left.pop(), ()) if need not in found]
        found.update(new)
        left += new
    return found


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
