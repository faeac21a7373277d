"""A draft that was found sound becomes a Roadmap: hidden things taken out, papers spread into their tasks. Finds no fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracker import model
from tracker.draft import Draft, PlacedModule, PlacedTopic, is_optional, steps_of, task_id
from tracker.roadmap import (
    PROJECTS,
    Module,
    Paper,
    Question,
    Resource,
    Roadmap,
    Schedule,
    Section,
    Slot,
    Task,
    Topic,
    Track,
)


def roadmap(draft: Draft) -> Roadmap:
    """The whole of it. The draft has no problems."""
    hidden = set(draft.hide)
    hidden |= {placed.topic.id for placed in draft.topics if placed.module in hidden}
    by_module: dict[str, list[Topic]] = {name: [] for name in (*(m.entry.id for m in draft.modules), PROJECTS)}
    for placed in draft.topics:
        if placed.topic.id not in hidden:
            by_module[placed.module].append(_topic(placed, hidden, draft))
    modules = [_module(placed, by_module[placed.entry.id], hidden) for placed in draft.modules]
    modules.append(Module(PROJECTS, "Projects", "", (), tuple(topic.id for topic in by_module[PROJECTS])))
    tracks = [_track(t.track, hidden) for t in draft.tracks if t.track.id not in hidden]
    by_id = {t.track.id: t.track for t in draft.tracks}
    schedules = [_schedule(s.schedule, by_id[s.schedule.track], hidden) for s in draft.schedules]
    return Roadmap(
        title=draft.title or "Roadmap",
        modules=tuple(module for module in modules if module.topics),
        topics={topic.id: topic for module in modules for topic in by_module[module.id]},
        tracks=tuple(track for track in tracks if track.topics),
        schedules=tuple(s for s in schedules if s.id not in hidden and s.track not in hidden),
        resources=_resources(draft.resources),
    )


def _module(placed: PlacedModule, topics: list[Topic], hidden: set[str]) -> Module:
    entry, module = placed.entry, placed.module
    needs = _without(entry.needs, hidden)
    return Module(entry.id, module.title, module.takeaway or "", needs, tuple(topic.id for topic in topics))


def _topic(placed: PlacedTopic, hidden: set[str], draft: Draft) -> Topic:
    topic = placed.topic
    steps = (step for paper in topic.papers for step in _steps(paper, draft))
    return Topic(
        id=topic.id,
        title=topic.title,
        module=placed.module,
        level=topic.level,
        hours=topic.hours,
        estimated=topic.estimated,
        needs=_without(topic.needs, hidden),
        after=_without(topic.after, hidden),
        lesson=topic.lesson,
        tasks=(*(_task(task) for task in topic.tasks), *steps),
        papers=tuple(Paper(paper.id, paper.title, paper.year, paper.url) for paper in topic.papers),
        questions=tuple(Question(q.question, q.answer) for q in topic.questions),
        resources=_resources(topic.resources),
    )


def _task(task: model.TaskInFile) -> Task:
    return Task(
        id=task_id(task) or "",
        kind=task.kind,
        text=task.text,
        hours=task.hours,
        optional=is_optional(task),
        exercise=task.exercise,
        planned=task.planned,
        after=tuple(task.after),
        resources=_resources(task.resources),
    )


def _steps(paper: model.PaperInFile, draft: Draft) -> Iterator[Task]:
    for name, step in steps_of(paper, draft):
        yield Task(name, step.kind, step.text, step.hours, paper.optional, paper=paper.id)


def _track(track: model.TrackInFile, hidden: set[str]) -> Track:
    whole = model.SectionInFile(id=track.id, title=track.title, topics=track.topics)
    sections = [_section(section, hidden) for section in track.sections or [whole]]
    return Track(track.id, track.title, track.kind, tuple(s for s in sections if s.topics), track.note or "")


def _section(section: model.SectionInFile, hidden: set[str]) -> Section:
    topics = _without(section.topics, hidden)
    return Section(section.id, section.title, topics, _range(section.hours), section.choose, section.outcome or "")


def _schedule(schedule: model.ScheduleInFile, track: model.TrackInFile, hidden: set[str]) -> Schedule:
    chapters = {section.id: section.topics for section in track.sections}
    slots = tuple(_slot(slot, chapters, hidden) for slot in schedule.slots)
    hours, note = _range(schedule.hours_per_week), schedule.note or ""
    return Schedule(schedule.id, schedule.title, schedule.track, schedule.unit, slots, hours, note)


def _slot(slot: model.SlotInFile, chapters: dict[str, list[str]], hidden: set[str]) -> Slot:
    named = [*(topic for name in slot.sections for topic in chapters[name]), *slot.topics]
    return Slot(slot.title, slot.start, slot.end, _without(dict.fromkeys(named), hidden), slot.note or "")


def _range(pair: list[float] | None) -> tuple[float, float] | None:
    return (pair[0], pair[1]) if pair else None


def _resources(resources: Iterable[model.ResourceInFile]) -> tuple[Resource, ...]:
    return tuple(Resource(resource.title, resource.url) for resource in resources)


def _without(ids: Iterable[str], hidden: set[str]) -> tuple[str, ...]:
    return tuple(name for name in ids if name not in hidden)
