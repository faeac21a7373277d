"""The commands of `tracker`: words to values, one call, values to words. Everything heavy is imported by the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker import __version__
from tracker.errors import UserError

if TYPE_CHECKING:
    from tracker.graph import Map
    from tracker.roadmap import Task, Topic
    from tracker.workspace import Workspace

json_option: Callable[..., Any] = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tracker")
def tracker() -> None:
    """Your way through machine learning, written from scratch.

    \b
    Example:
      tracker init my-ml && cd my-ml && tracker next
    """


@tracker.command()
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
    _say(
        {"workspace": str(folder), "written": written},
        as_json,
        *(f"wrote {name}" for name in written),
        f"next: cd {folder} && tracker next",
    )


@tracker.command()
@click.option("--module", metavar="MODULE", help="Only this module.")
@json_option
def status(module: str | None, as_json: bool) -> None:
    """Show what is done, what is open, and why the rest is locked.

    \b
    Example:
      tracker status --module linear-algebra
    """
    map = _map()
    if module is not None:
        _known(module, [m.id for m in map.roadmap.modules], "module")
    if as_json:
        from tracker import facts

        _json(facts.status(map, module))
        return
    from tracker import view

    view.show(view.status(map, view.width(), module))
    _warn(map)


@tracker.command(name="next")
@click.option("-n", "count", default=3, show_default=True, type=click.IntRange(1), help="How many topics to suggest.")
@json_option
def next_(count: int, as_json: bool) -> None:
    """Say what to do now, and why.

    \b
    Example:
      tracker next -n 5
    """
    from tracker import graph

    map = _map()
    found = graph.suggestions(map)[:count]
    if as_json:
        from tracker import facts

        _json({"next": [facts.suggestion(map, one) for one in found], "warnings": list(map.warnings)})
        return
    from tracker import view

    if not found:
        click.echo("nothing is left to do: the whole roadmap is done")
    view.show(view.suggestions(map, found, view.width()) if found else [])
    _warn(map)


@tracker.command()
@click.argument("name", metavar="TOPIC|EXERCISE")
@click.option("--answers", is_flag=True, help="The topic's questions with their answers.")
@json_option
def show(name: str, answers: bool, as_json: bool) -> None:
    """Show a topic: what it needs and opens, its tasks, its links, its questions.

    \b
    Example:
      tracker show attention
    """
    map = _map()
    topic = _topic(map, name)
    lesson = _lesson(topic)
    if as_json:
        from tracker import facts

        _json(facts.topic(map, topic, lesson))
        return
    from tracker import view

    view.show(view.answers(topic, view.width()) if answers else view.topic(map, topic, view.width(), lesson))


@tracker.command()
@click.argument("exercise")
@json_option
def start(exercise: str, as_json: bool) -> None:
    """Put an exercise's empty file into impls/, ready to be written. Never writes over yours.

    \b
    Example:
      tracker start softmax
    """
    from tracker import journal, scaffold

    workspace = _workspace()
    path = scaffold.start(workspace, exercise)
    journal.append(workspace.journal, "started", exercise=exercise)
    name = str(path.relative_to(workspace.root))
    run = f"harness run {exercise}"
    _say({"exercise": exercise, "file": name, "run": run}, as_json, f"wrote {path}", f"write it, then: {run}")


@tracker.command()
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

    before = _map()
    topic, found = _task(before, task)
    name = task_name(topic, found)
    if found.exercise is not None:
        raise UserError(
            f"{name} is done by passing the exercise {found.exercise!r}, not by a tick",
            fix=f"tracker start {found.exercise}, then harness run {found.exercise}",
        )
    if name in before.progress.ticked:
        event = before.progress.ticked[name]
        _say({"task": name, "event": event.id, "opened": []}, as_json, f"{name} was ticked already")
        return
    fields = {"task": name} | ({"evidence": evidence} if evidence else {})
    event = journal.append(_workspace().journal, "done", **fields)
    opened = graph.newly_opened(before, _map())
    lines = [f"ticked {name}: {found.text}", *(f"now open: {one}" for one in opened), "next: tracker next"]
    _say({"task": name, "event": event.id, "opened": opened}, as_json, *lines)


@tracker.command()
@click.argument("event", required=False, metavar="[EVENT|TASK]")
@json_option
def undo(event: str | None, as_json: bool) -> None:
    """Take back a tick: the last one, that of a task, or the event of this id. The journal keeps both.

    \b
    Example:
      tracker undo svd#1
    """
    from tracker import journal

    map = _map()
    tick = _tick(map, event)
    journal.append(_workspace().journal, "undo", event=tick.id)
    name = tick.data["task"]
    _say({"task": name, "undone": tick.id}, as_json, f"took back {name}", f"tick it again: tracker done {name}")


@tracker.command()
@json_option
def lint(as_json: bool) -> None:
    """Check the roadmap against the folders, and the journal against the reports.

    \b
    Example:
      tracker lint
    """
    from tracker import lint as linting

    found = linting.lint(_workspace())
    lines = [
        *(f"note: {note}" for note in found.notes),
        *(f"problem: {problem}" for problem in found.problems),
    ]
    _say(
        {"problems": found.problems, "notes": found.notes},
        as_json,
        *lines,
        f"{len(found.problems)} problem(s)" if found.problems else "the roadmap, the folders and the journal agree",
    )
    if found.problems:
        raise click.exceptions.Exit(2)


def _workspace() -> Workspace:
    from tracker import workspace

    return workspace.find(Path.cwd())


def _map() -> Map:
    from tracker import graph

    return graph.read(_workspace())


def _lesson(topic: Topic) -> str | None:
    """The lesson's file as one types it from the workspace; None where it is not there (`tracker lint` tells)."""
    workspace = _workspace()
    files = [content / topic.lesson for content in workspace.content] if topic.lesson else []
    found = next((file for file in files if file.is_file()), None)
    return (
        str(found.relative_to(workspace.root) if found and found.is_relative_to(workspace.root) else found or "")
        or None
    )


def _known(name: str, names: list[str], what: str) -> None:
    from tracker.workspace import did_you_mean

    if name not in names:
        raise UserError(f"there is no {what} {name!r}", fix=did_you_mean(name, names) or "`tracker status` shows all")


def _topic(map: Map, name: str) -> Topic:
    """The topic of that id, or the one whose task the exercise of that id grades."""
    graded = map.roadmap.exercises()
    _known(name, [*map.roadmap.topics, *graded], "topic or exercise")
    return map.roadmap.topics[name] if name in map.roadmap.topics else graded[name][0]


def _task(map: Map, name: str) -> tuple[Topic, Task]:
    """The task called `svd#2`, `svd/study-svd`, or `study-svd` where only one topic has such a task."""
    topic_id, mark, number = name.partition("#")
    if mark:
        topic = _topic(map, topic_id)
        if not number.isdecimal() or not 1 <= int(number) <= len(topic.tasks):
            raise UserError(f"{topic.id} has the tasks 1 to {len(topic.tasks)}", fix=f"see `tracker show {topic.id}`")
        return topic, topic.tasks[int(number) - 1]
    named = [
        (topic, task)
        for topic in map.roadmap.topics.values()
        for task in topic.tasks
        if name in (task.id, f"{topic.id}/{task.id}")
    ]
    if len(named) > 1:
        raise UserError(
            f"{len(named)} topics have a task {name!r}",
            fix="say " + " or ".join(f"{t.id}/{k.id}" for t, k in named),
        )
    if not named:
        _known(name, [f"{t.id}/{k.id}" for t in map.roadmap.topics.values() for k in t.tasks], "task")
    return named[0]


def _tick(map: Map, name: str | None) -> Any:
    """The standing tick that `name` means: an event's id or its beginning, a task, or nothing for the last one."""
    ticks = sorted(map.progress.ticked.values(), key=lambda event: (event.time, event.id))
    if not ticks:
        raise UserError("no tick stands, so there is none to take back", fix="a graded pass is a fact and stays")
    if name is None:
        return ticks[-1]
    matching = [event for event in ticks if len(name) >= 4 and event.id.startswith(name)]
    if len(matching) == 1:
        return matching[0]
    topic, task = _task(map, name)
    tick = map.progress.ticked.get(f"{topic.id}/{task.id}")
    if tick is None:
        raise UserError(f"{topic.id}/{task.id} is not ticked", fix=f"see `tracker show {topic.id}`")
    return tick


def _say(values: Any, as_json: bool, *lines: str) -> None:
    if as_json:
        _json(values)
    else:
        click.echo("\n".join(lines))


def _json(values: Any) -> None:
    click.echo(json.dumps(values, indent=1, ensure_ascii=False))


def _warn(map: Map) -> None:
    for warning in map.warnings:
        click.echo(f"warning: {warning}", err=True)
