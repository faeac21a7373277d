"""A learner's map as plain dicts and lists, for --json. Knows no words of the terminal; its keys are stable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.graph import Map, Suggestion, is_done, opens
from tracker.roadmap import Topic, task_name


def status(map: Map, module: str | None = None) -> dict[str, Any]:
    """Everything that `tracker status` draws; with `module`, that module alone."""
    shown = [m for m in map.roadmap.modules if module in (None, m.id)]
    return {
        "title": map.roadmap.title,
        "modules": [{"id": m.id, "title": m.title, "needs": m.needs, **hours(map, m.topics)} for m in shown],
        "topics": [standing(map, name) for m in shown for name in m.topics],
        "warnings": list(map.warnings),
    }


def hours(map: Map, topics: Sequence[str]) -> dict[str, float]:
    """Hours of `topics` together, and how many of them are done."""
    return {
        "hours": sum(map.roadmap.topics[name].hours for name in topics),
        "hours_done": round(sum(map.standings[name].hours_done for name in topics), 2),
    }


def standing(map: Map, name: str) -> dict[str, Any]:
    """One topic's line."""
    topic, now = map.roadmap.topics[name], map.standings[name]
    return {
        "id": name,
        "title": topic.title,
        "module": topic.module,
        "level": topic.level,
        "state": now.state,
        "missing": now.missing,
        "tasks_done": now.done,
        "tasks": now.counted,
        **hours(map, (name,)),
    }


def topic(map: Map, shown: Topic, lesson: str | None) -> dict[str, Any]:
    """One topic in full. `lesson`: where its lesson lies on this machine."""
    return {
        **standing(map, shown.id),
        "needs": shown.needs,
        "after": shown.after,
        "opens": opens(map.roadmap)[shown.id],
        "lesson": lesson,
        "resources": [{"title": r.title, "url": r.url} for r in shown.resources],
        "questions": [{"question": q.question, "answer": q.answer} for q in shown.questions],
        "task_list": [_task(map, shown, number) for number in range(len(shown.tasks))],
    }


def suggestion(map: Map, found: Suggestion) -> dict[str, Any]:
    """One line of `tracker next`."""
    return {**standing(map, found.topic), "task": found.task, "reasons": found.reasons}


def _task(map: Map, topic: Topic, number: int) -> dict[str, Any]:
    task = topic.tasks[number]
    return {
        "number": number + 1,
        "id": task_name(topic, task),
        "kind": task.kind,
        "text": task.text,
        "hours": task.hours,
        "optional": task.optional,
        "exercise": task.exercise,
        "planned": task.planned,
        "done": is_done(topic, task, map.progress),
        "marks": {by: sorted(marks) for by, marks in map.progress.earned.get(task.exercise or "", {}).items()},
        "resources": [{"title": r.title, "url": r.url} for r in task.resources],
    }
