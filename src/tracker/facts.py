"""A learner's map as plain dicts and lists, for --json. Knows no words of the terminal; its keys are stable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tracker.graph import Map, is_done, on_track, opens
from tracker.roadmap import Schedule, Topic, Track, task_name

if TYPE_CHECKING:  # what `tracker status` does not show it does not load
    from tracker.advice import Suggestion
    from tracker.plan import Entry, Forecast, Plan
    from tracker.review import Card
    from tracker.route import Placement, Route


def status(map: Map, module: str | None = None) -> dict[str, Any]:
    """Everything that `tracker status` draws; with `module`, that module alone."""
    shown = [m for m in map.roadmap.modules if module in (None, m.id)]
    names = dict.fromkeys(name for m in shown for name in m.topics)
    return {
        "title": map.roadmap.title,
        "modules": [{"id": m.id, "title": m.title, "needs": m.needs, **hours(map, m.topics)} for m in shown],
        "topics": [standing(map, name) for name in names],
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
        "credited": now.credited,
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
        "hours_estimated": shown.estimated,
        "lesson": lesson,
        "resources": [{"title": r.title, "url": r.url} for r in shown.resources],
        "papers": [{"id": p.id, "title": p.title, "year": p.year, "url": p.url} for p in shown.papers],
        "questions": [{"question": q.question, "answer": q.answer} for q in shown.questions],
        "task_list": [_task(map, shown, number) for number in range(len(shown.tasks))],
    }


def suggestion(map: Map, found: Suggestion) -> dict[str, Any]:
    """One line of `tracker next`."""
    return {**standing(map, found.topic), "task": found.task, "reasons": found.reasons}


def route(map: Map, way: Route, shortcuts: Sequence[Placement]) -> dict[str, Any]:
    """What `tracker path` shows."""
    return {
        "goal": way.goal,
        "hours": round(way.hours, 2),
        "hours_to_prove": round(way.hours_to_prove, 2),
        "steps": [
            {
                **standing(map, step.topic),
                "hours_left": round(step.hours, 2),
                "hours_to_prove": round(step.hours_to_prove, 2),
            }
            for step in way.steps
        ],
        "place": [placement(one) for one in shortcuts],
    }


def placement(one: Placement) -> dict[str, Any]:
    return {"topic": one.topic, "exercises": one.exercises, "left": one.left, "credits": one.credits}


def placements(placed: Sequence[Placement], earned: Sequence[Placement], rest: Sequence[str]) -> dict[str, Any]:
    """What `tracker place` shows."""
    return {
        "place": [placement(one) for one in placed],
        "earned": [placement(one) for one in earned],
        "uncredited": list(rest),
    }


def tracks(map: Map) -> dict[str, Any]:
    """What `tracker tracks` lists."""
    rows = [
        {
            "id": t.id,
            "title": t.title,
            "kind": t.kind,
            "topics": t.topics,
            **hours(map, t.topics),
            "followed": t.id == map.progress.track,
        }
        for t in map.roadmap.tracks
    ]
    schedules = [{"id": s.id, "title": s.title, "track": s.track, "unit": s.unit} for s in map.roadmap.schedules]
    return {"tracks": rows, "schedules": schedules}


def track(map: Map, shown: Track) -> dict[str, Any]:
    """One track, with its topics as they stand on it."""
    sections = [
        {"id": s.id, "title": s.title, "topics": s.topics, "hours": s.hours, "choose": s.choose} for s in shown.sections
    ]
    topics = status(on_track(map, shown))["topics"]
    return {
        "id": shown.id,
        "title": shown.title,
        "kind": shown.kind,
        "note": shown.note,
        "sections": sections,
        "topics": topics,
    }


def plan(map: Map, made: Plan, pace: Forecast | None, spent: float | None) -> dict[str, Any]:
    """What `tracker plan` shows."""
    return {
        "hours_per_week": made.hours_per_week,
        "from": made.start.isoformat(),
        "until": made.end.isoformat(),
        "hours": round(made.hours, 2),
        "topics": [
            {
                "topic": part.topic,
                "hours": round(part.hours, 2),
                "from": part.start.isoformat(),
                "until": part.end.isoformat(),
            }
            for part in made.parts
        ],
        "critical_path": made.critical,
        "critical_hours": round(made.critical_hours, 2),
        "forecast": None
        if pace is None
        else {
            "weeks": pace.weeks,
            "hours_per_week": round(pace.hours_per_week, 2),
            **{
                key: day.isoformat() if day else None
                for key, day in (("early", pace.early), ("likely", pace.likely), ("late", pace.late))
            },
        },
        "spent_per_hour": None if spent is None else round(spent, 2),
        "warnings": list(map.warnings),
    }


def schedule(shown: Schedule, track: Track, entries: Sequence[Entry]) -> dict[str, Any]:
    """What `tracker plan --schedule` shows."""
    return {
        "id": shown.id,
        "title": shown.title,
        "track": track.id,
        "note": shown.note,
        "hours_per_week": shown.hours_per_week,
        "slots": [
            {
                "title": one.title,
                "from": one.start.isoformat() if one.start else None,
                "until": one.end.isoformat() if one.end else None,
                "topics": one.topics,
                "left": one.left,
                "hours": one.hours,
                "behind": one.behind,
                "needs_come_later": one.early,
                "note": one.note,
            }
            for one in entries
        ],
    }


def card(one: Card) -> dict[str, Any]:
    """One card of `tracker review --json`."""
    question = {"question": one.question.question, "answer": one.question.answer} if one.question else None
    reviews = len(one.history) - 1  # the first is the day on which it was learnt
    return {"card": one.id, "topic": one.topic, "exercise": one.exercise, "reviews": reviews, **(question or {})}


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
        "paper": task.paper,
        "done": is_done(topic, task, map.progress),
        "marks": {by: sorted(marks) for by, marks in map.progress.earned.get(task.exercise or "", {}).items()},
        "resources": [{"title": r.title, "url": r.url} for r in task.resources],
    }
