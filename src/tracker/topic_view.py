"""One topic, its questions, a path to it, and the tracks, in a terminal of any width. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tracker.graph import Map, is_done, opens
from tracker.roadmap import Task, Topic
from tracker.screen import STYLE, link, number, wrapped


def topic(map: Map, shown: Topic, columns: int, lesson: str | None) -> Iterator[Text]:
    """One topic in full, answers to its questions left out. `lesson`: where its lesson lies on this machine."""
    standing = map.standings[shown.id]
    yield Text(shown.title, style="bold")
    hours = f"{'≈' if shown.estimated else ''}{number(shown.hours)} h"
    count = f"{standing.done} of {standing.counted} tasks"
    facts = [shown.id, shown.level, hours, standing.state + (", placed" if standing.credited else ""), count]
    yield from wrapped(" · ".join(facts), columns, "", STYLE[standing.state])
    waiting = [f"{need}{'' if need in standing.missing else ' ✓'}" for need in shown.needs]
    listed = (("needs", waiting), ("easier after", shown.after), ("opens", opens(map.roadmap)[shown.id]))
    for label, names in listed:
        if names:
            yield from wrapped(f"{label}: {', '.join(names)}", columns, "", "")
    if lesson:
        yield Text(f"lesson: {lesson}", overflow="ignore")
    yield Text()
    yield from _tasks(map, shown, columns)
    for resource in shown.resources:
        yield from link(resource.title, resource.url, columns, "")
    if shown.questions:
        yield Text(f"\nAsk yourself (answers: tracker show {shown.id} --answers)", style="bold")
        for place, question in enumerate(shown.questions, 1):
            yield from wrapped(f"{place}. {question.question}", columns, "  ", "", hang="     ")


def answers(shown: Topic, columns: int) -> Iterator[Text]:
    """The topic's questions with their answers."""
    for question in shown.questions:
        yield from wrapped(question.question, columns, "", "bold")
        yield from wrapped(question.answer, columns, "  ", "")
        yield Text()


def _tasks(map: Map, shown: Topic, columns: int) -> Iterator[Text]:
    papers = {paper.id: paper for paper in shown.papers}
    last: str | None = None
    for place, task in enumerate(shown.tasks, 1):
        if task.paper != last and task.paper is not None:
            paper = papers[task.paper]
            yield Text()
            yield from link(f"Paper: {paper.title} ({paper.year})", paper.url, columns, "")
        last = task.paper
        yield from _task_lines(map, shown, task, place, columns)


def _task_lines(map: Map, topic: Topic, task: Task, place: int, columns: int) -> Iterator[Text]:
    done = is_done(topic, task, map.progress)
    notes = ["optional"] if task.optional else []
    notes += [f"{number(task.hours)} h"] if task.hours else []
    notes += [f"exercise {task.exercise}{', planned' if task.planned else ''}"] if task.exercise else []
    words = f"{place}. {task.kind}: {task.text}" + (f" ({', '.join(notes)})" if notes else "")
    style = "green" if done else "dim" if task.optional or task.planned else ""
    yield from wrapped(words, columns, f"{'✓' if done else ' '} ", style, hang="     ")
    for resource in task.resources:
        yield from link(resource.title, resource.url, columns, "     ")
    for backend, marks in map.progress.earned.get(task.exercise or "", {}).items():
        yield from wrapped(f"{backend}: {', '.join(sorted(marks)) or 'no mark yet'}", columns, "     ", "green")
    if not done and task.counts:
        start = f"tracker start {task.exercise}, then harness run {task.exercise}"
        yield Text(f"     {start if task.exercise else f'tracker done {topic.id}#{place}'}", style="dim")
