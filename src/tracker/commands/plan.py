"""`tracker plan`: weeks, critical path, forecast, schedules, calendar file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.commands import find
from tracker.commands.say import json_option, say_json, warn
from tracker.errors import UserError

if TYPE_CHECKING:
    from tracker.graph import Map

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option(
    "--hours-per-week",
    "hours_per_week",
    type=click.FloatRange(0, 168, min_open=True),
    default=8.0,
    show_default=True,
    metavar="H",
    help="What you can give.",
)
@click.option("--from", "start", type=_DAY, metavar="DATE", help="The first day; today where nothing is said.")
@click.option("--track", metavar="TRACK", help="Only this track; where nothing is said, the one that you follow.")
@click.option("--to", "goal", metavar="TOPIC", help="Only what leads to this topic.")
@click.option("--schedule", metavar="SCHEDULE", help="A source's own calendar instead (`tracker tracks` lists them).")
@click.option(
    "--ics",
    "calendar",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a calendar file too.",
)
@click.option("--all", "in_full", is_flag=True, help="A line for each topic, not only the next ones.")
@json_option
def plan(
    hours_per_week: float,
    start: datetime | None,
    track: str | None,
    goal: str | None,
    schedule: str | None,
    calendar: Path | None,
    in_full: bool,
    as_json: bool,
) -> None:
    """Lay what is left on the calendar, at so many hours a week, and say when it would be done.

    \b
    Example:
      tracker plan --hours-per-week 10 --from 2026-12-01 --ics plan.ics
    """
    map = find.map_of()
    today = date.today()
    first = start.date() if start else today
    if schedule is not None:
        if goal or track:
            raise UserError("a schedule is laid on its own track", fix="leave out --to and --track, or --schedule")
        _schedule(map, schedule, first, today, calendar, as_json)
        return
    from tracker import facts
    from tracker import plan as planning

    chosen = find.track(map, track) if track else None if goal else find.followed(map)
    if chosen:
        from tracker import graph

        map = graph.on_track(map, chosen)
    topics = planning.needed(map, find.topic(map, goal).id) if goal else list(map.roadmap.topics)
    made = planning.plan(map, hours_per_week, first, topics)
    pace, spent = planning.forecast(map, topics, today), planning.spent_per_hour(map)
    written = _write(calendar, [(part.topic, _title(map, part.topic), part.start, part.end) for part in made.parts])
    if as_json:
        say_json(facts.plan(map, made, pace, spent) | {"track": chosen.id if chosen else None, "ics": written})
        return
    from tracker import plan_view, screen

    screen.show(plan_view.plan(map, made, pace, spent, chosen, screen.width(), in_full))
    if written:
        click.echo(f"wrote {written}: {len(made.parts)} entries for your calendar")
    warn(map)


def _schedule(map: Map, name: str, start: date, today: date, calendar: Path | None, as_json: bool) -> None:
    from tracker import facts
    from tracker import plan as planning

    schedule = find.schedule(map, name)
    track = find.track(map, schedule.track)
    entries = planning.entries(map, schedule, start, today)
    dated = [(f"{schedule.id}-{n}", e.title, e.start, e.end) for n, e in enumerate(entries) if e.start and e.end]
    written = _write(calendar, dated)
    if as_json:
        say_json(facts.schedule(schedule, track, entries) | {"ics": written})
        return
    from tracker import plan_view, screen

    screen.show(plan_view.schedule(map, schedule, track, entries, screen.width()))
    if written:
        click.echo(f"wrote {written}: {len(dated)} entries for your calendar")
    warn(map)


def _title(map: Map, name: str) -> str:
    return map.roadmap.topics[name].title


def _write(path: Path | None, entries: list[tuple[str, str, date, date]]) -> str | None:
    if path is None:
        return None
    from tracker import calendar, scaffold

    scaffold.write_over(path, calendar.ics(entries, date.today()))
    return str(path)
