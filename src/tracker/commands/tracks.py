"""`tracker tracks`: the ways through the roadmap, and which one the learner follows."""

from __future__ import annotations

import click

from tracker.commands import find
from tracker.commands.say import json_option, say, say_json, warn
from tracker.errors import UserError


@click.command()
@click.argument("name", required=False, metavar="[TRACK]")
@click.option("--follow", is_flag=True, help="Make it yours: `tracker next` then keeps to it.")
@click.option("--unfollow", is_flag=True, help="Follow no track any more.")
@json_option
def tracks(name: str | None, follow: bool, unfollow: bool, as_json: bool) -> None:
    """List the tracks and schedules, or show one track with its topics in order.

    \b
    Example:
      tracker tracks quickstart --follow
    """
    map = find.map_of()
    if unfollow or follow:
        if unfollow == follow or (follow and name is None):
            raise UserError("say which track to follow, or --unfollow alone", fix="tracker tracks quickstart --follow")
        _follow(find.track(map, name).id if follow and name else None, as_json)
        return
    from tracker import facts

    if as_json:
        say_json(facts.tracks(map) if name is None else facts.track(map, find.track(map, name)))
        return
    from tracker import screen, way_view

    if name is None:
        screen.show(way_view.tracks(map, screen.width()))
    else:
        screen.show(way_view.track(map, find.track(map, name), screen.width()))
    warn(map)


def _follow(track: str | None, as_json: bool) -> None:
    from tracker import journal

    journal.append(find.workspace().journal, "followed", track=track)
    words = f"you follow {track} now" if track else "you follow no track now"
    say({"track": track}, as_json, words, "next: tracker next")
