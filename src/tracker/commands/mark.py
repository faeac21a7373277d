"""Commands that write: a workspace, an exercise's empty file, events of the journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.commands import find
from tracker.commands.say import json_option, say
from tracker.errors import UserError

if TYPE_CHECKING:
    from tracker.journal import Event
    from tracker.route import Placement


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@json_option
def init(folder: Path, as_json: bool) -> None:
    """Make FOLDER a workspace: a roadmap, and room for your answers and reports.

    \b
    Example:
      tracker init my-ml
    """
    from tracker import scaffold

    written = [str(path) for path in scaffold.make_workspace(folder)]
    lines = (*(f"wrote {name}" for name in written), f"next: cd {folder} && tracker next")
    say({"workspace": str(folder), "written": written}, as_json, *lines)


@click.command()
@click.argument("exercise")
@json_option
def start(exercise: str, as_json: bool) -> None:
    """Put an exercise's empty file into impls/, ready to be written. Never writes over yours.

    \b
    Example:
      tracker start softmax
    """
    from tracker import journal, scaffold

    workspace = find.workspace()
    path = scaffold.start(workspace, exercise)
    journal.append(workspace.journal, "started", exercise=exercise)
    name = str(path.relative_to(workspace.root))
    run = f"harness run {exercise}"
    say({"exercise": exercise, "file": name, "run": run}, as_json, f"wrote {path}", f"write it, then: {run}")


@click.command()
@click.argument("task", metavar="TASK|TOPIC#N")
@click.option("--evidence", help="A path, a link or a note that shows it.")
@json_option
def done(task: str, evidence: str | None, as_json: bool) -> None:
    """Tick a task. A task that an exercise grades is done by passing it instead.

    \b
    Example:
      tracker done svd#1 --evidence notes/svd.md
    """
    from tracker import graph, journal
    from tracker.roadmap import task_name

    before = find.map_of()
    topic, found = find.task(before, task)
    name = task_name(topic, found)
    if found.exercise is not None:
        _refuse_to_tick(name, found.exercise, found.planned)
    if name in before.progress.ticked:
        event = before.progress.ticked[name]
        say({"task": name, "event": event.id, "opened": []}, as_json, f"{name} was ticked already")
        return
    fields = {"task": name} | ({"evidence": evidence} if evidence else {})
    event = journal.append(find.workspace().journal, "done", **fields)
    opened = graph.newly_opened(before, find.map_of())
    lines = [f"ticked {name}: {found.text}", *(f"now open: {one}" for one in opened), "next: tracker next"]
    say({"task": name, "event": event.id, "opened": opened}, as_json, *lines)


@click.command()
@click.argument("event", required=False, metavar="[EVENT|TASK|TOPIC]")
@json_option
def undo(event: str | None, as_json: bool) -> None:
    """Take back a tick, a placement or logged hours: the last one, or the one that is named. The journal keeps both.

    \b
    Example:
      tracker undo svd#1
    """
    from tracker import journal

    first = find.said(find.map_of(), event)
    name = str(first.data.get("task") or first.data.get("topic"))
    found: Event | None = first
    while found is not None:  # two machines may have ticked the same task, and the journal then holds both
        journal.append(find.workspace().journal, "undo", event=found.id)
        now = find.map_of().progress
        found = {"done": now.ticked, "placed": now.placed}.get(found.kind, {}).get(name)
    hours = f"{first.data.get('hours')} h"
    what, again = {
        "done": (name, f"tick it again: tracker done {name}"),
        "placed": (f"what {name} credited", f"credit it again: tracker place {name} --credit"),
        "spent": (f"{hours} of {name}", f"log them again: tracker log {name} {hours[:-2]}"),
    }[first.kind]
    say({"task": name, "undone": first.id}, as_json, f"took back {what}", again)


@click.command()
@click.argument("name", metavar="TOPIC|EXERCISE")
@click.argument("hours", type=click.FloatRange(0, 1000, min_open=True))
@click.option("--note", help="What it was.")
@json_option
def log(name: str, hours: float, note: str | None, as_json: bool) -> None:
    """Note the HOURS that you worked on a topic; `tracker plan` compares them with those of the roadmap.

    \b
    Example:
      tracker log attention 1.5 --note "the backward"
    """
    from tracker import journal

    map = find.map_of()
    topic = find.topic(map, name)
    fields = {"topic": topic.id, "hours": hours} | ({"note": note} if note else {})
    event = journal.append(find.workspace().journal, "spent", **fields)
    before = sum(one.data["hours"] for one in map.progress.spent if one.data["topic"] == topic.id)
    values = {"topic": topic.id, "hours": hours, "hours_spent": before + hours, "event": event.id}
    words = f"{hours:g} h on {topic.id}, {before + hours:g} h in all; the roadmap allows {topic.hours:g} h"
    say(values, as_json, words, f"taken back by: tracker undo {event.id[:8]}")


@click.command()
@click.argument("name", required=False, metavar="[TOPIC]")
@click.option("--credit", is_flag=True, help="Credit what your graded reports have earned.")
@json_option
def place(name: str | None, credit: bool, as_json: bool) -> None:
    """Skip what you know: the fewest exercises whose passing credits all that comes before TOPIC.

    With --credit, topics whose exercises you have passed credit what they need; nothing but a graded report counts.

    \b
    Example:
      tracker place attention
    """
    from tracker import facts, route

    map = find.map_of()
    goal = find.topic(map, name).id if name else None
    if credit:
        credited = _credit(goal)
        lines = [f"credited by {one.topic}: {', '.join(one.credits)}" for one in credited]
        say({"credited": [facts.placement(one) for one in credited]}, as_json, *lines, "next: tracker status")
        return
    placed, earned = route.placements(map, goal), route.creditable(map, goal)
    rest = route.uncredited(map, goal, placed)
    if as_json:
        say({"goal": goal, **facts.placements(placed, earned, rest)}, as_json)
        return
    from tracker import screen, way_view

    screen.show(way_view.placements(map, goal, placed, earned, rest, screen.width()))


def _credit(goal: str | None) -> list[Placement]:
    """Write a `placed` event for each placement that is earned. Raises UserError where there is none, or a report is gone."""
    from tracker import evidence, journal, route

    workspace = find.workspace()
    events = journal.read(workspace.journal).events
    found = []
    while earned := route.creditable(find.map_of(), goal):
        one = max(earned, key=lambda placement: len(placement.credits))
        for exercise in one.exercises:
            grades = [e for e in events if e.kind == "graded" and e.data.get("exercise") == exercise]
            faults = [evidence.fault(workspace, e) for e in grades]
            if all(faults):
                raise UserError(f"{exercise!r} earns no credit: {faults[-1]}", fix=f"harness run {exercise}")
        journal.append(
            workspace.journal, "placed", topic=one.topic, exercises=list(one.exercises), credits=list(one.credits)
        )
        found.append(one)
    if not found:
        what = f"before {goal!r} " if goal else ""
        fix = f"`tracker place{f' {goal}' if goal else ''}` names the exercises to pass"
        raise UserError(f"no graded report credits anything {what}that is not proven already", fix=fix)
    return found


def _refuse_to_tick(name: str, exercise: str, planned: bool) -> None:
    if planned:
        raise UserError(
            f"{name} will be graded by the exercise {exercise!r}, which is planned and not written yet",
            fix="nothing waits for it; `tracker next` says what can be done today",
        )
    raise UserError(
        f"{name} is done by passing the exercise {exercise!r}, not by a tick",
        fix=f"tracker start {exercise}, then harness run {exercise}",
    )
