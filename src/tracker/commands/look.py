"""Commands that show and change nothing: status, next, show, path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tracker.commands import find
from tracker.commands.say import json_option, say_json, warn

if TYPE_CHECKING:
    from tracker.roadmap import Topic


@click.command()
@click.option("--module", metavar="MODULE", help="Only this module, a line for each of its topics.")
@click.option(
    "--track", metavar="TRACK", help="Only this track, in its own order; what lies outside it counts as known."
)
@click.option("--all", "in_full", is_flag=True, help="A line for each topic.")
@json_option
def status(module: str | None, track: str | None, in_full: bool, as_json: bool) -> None:
    """Show what is done, what is open, and why the rest is locked.

    \b
    Example:
      tracker status --track quickstart
    """
    map = find.map_of()
    if track is not None:
        from tracker import graph

        map = graph.on_track(map, find.track(map, track))
    if module is not None:
        find.known(module, [m.id for m in map.roadmap.modules], "section" if track else "module", "tracker status")
    if as_json:
        from tracker import facts

        say_json(facts.status(map, module))
        return
    from tracker import screen, view

    screen.show(view.status(map, screen.width(), module, in_full))
    warn(map)


@click.command(name="next")
@click.option("-n", "count", default=3, show_default=True, type=click.IntRange(1), help="How many topics to suggest.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), metavar="H", help="The hours that you have now.")
@click.option("--track", metavar="TRACK", help="As if you followed this track (`tracker tracks TRACK --follow` stays).")
@json_option
def next_(count: int, hours: float | None, track: str | None, as_json: bool) -> None:
    """Say what to do now, and why.

    \b
    Example:
      tracker next --hours 2
    """
    from tracker import advice

    map = find.map_of()
    chosen = find.track(map, track) if track else find.followed(map)
    found = advice.suggestions(map, hours, chosen)[:count]
    if as_json:
        from tracker import facts

        ready = [facts.suggestion(map, one) for one in found]
        say_json({"next": ready, "due": map.due, "warnings": list(map.warnings)})
        return
    from tracker import screen, view

    if not found and not map.due:
        click.echo("nothing is left to do: the whole roadmap is done")
    screen.show(view.suggestions(map, found, screen.width()) if found or map.due else [])
    warn(map)


@click.command()
@click.argument("name", metavar="TOPIC|EXERCISE")
@click.option("--answers", is_flag=True, help="The topic's questions with their answers.")
@json_option
def show(name: str, answers: bool, as_json: bool) -> None:
    """Show a topic: what it needs and opens, its tasks, its links, its questions.

    \b
    Example:
      tracker show attention
    """
    map = find.map_of()
    topic = find.topic(map, name)
    lesson = _lesson(topic)
    if as_json:
        from tracker import facts

        say_json(facts.topic(map, topic, lesson))
        return
    from tracker import screen, topic_view

    columns = screen.width()
    screen.show(topic_view.answers(topic, columns) if answers else topic_view.topic(map, topic, columns, lesson))


@click.command()
@click.argument("name", metavar="TOPIC|EXERCISE")
@click.option("--track", metavar="TRACK", help="Within this track: what lies outside it counts as known.")
@json_option
def path(name: str, track: str | None, as_json: bool) -> None:
    """Show the shortest way to a topic, with the hours that are left on it.

    \b
    Example:
      tracker path gpt
    """
    from tracker import graph, route

    map = find.map_of()
    if track is not None:
        map = graph.on_track(map, find.track(map, track))
    way = route.route(map, find.topic(map, name).id)
    shortcuts = route.placements(map, way.goal)
    if as_json:
        from tracker import facts

        say_json(facts.route(map, way, shortcuts))
        return
    from tracker import screen, way_view

    screen.show(way_view.route(map, way, shortcuts, screen.width()))
    warn(map)


def _lesson(topic: Topic) -> str | None:
    """The lesson's file as one types it from the workspace; None where it is not there (`tracker lint` tells)."""
    workspace = find.workspace()
    files = [content / topic.lesson for content in workspace.content] if topic.lesson else []
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        return None
    return str(found.relative_to(workspace.root) if found.is_relative_to(workspace.root) else found)
