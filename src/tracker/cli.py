"""The command `tracker` and what it is made of. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import click

from tracker import __version__
from tracker.commands import check, draw, exchange, look, mark, plan, show, study, tracks


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tracker")
def tracker() -> None:
    """Your way through machine learning, written from scratch.

    \b
    Example:
      tracker init my-ml && cd my-ml && tracker next
    """


for _command in (
    *(mark.init, mark.start, mark.done, mark.undo, mark.log, mark.place),
    *(look.status, look.next_, look.show, look.path, tracks.tracks, plan.plan),
    *(draw.graph, show.portfolio, study.review, exchange.import_, exchange.export, check.lint),
):
    tracker.add_command(_command)
