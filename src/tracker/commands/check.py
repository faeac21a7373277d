"""`tracker lint`: what does not fit together."""

from __future__ import annotations

import click

from tracker.commands import find
from tracker.commands.say import json_option, say


@click.command()
@json_option
def lint(as_json: bool) -> None:
    """Check the roadmap against the folders, and the journal against the reports.

    \b
    Example:
      tracker lint
    """
    from tracker import lint as linting

    found = linting.lint(find.workspace())
    lines = [
        *(f"note: {note}" for note in found.notes),
        *(f"problem: {problem}" for problem in found.problems),
    ]
    say(
        {"problems": found.problems, "notes": found.notes},
        as_json,
        *lines,
        f"{len(found.problems)} problem(s)" if found.problems else "the roadmap, the folders and the journal agree",
    )
    if found.problems:
        raise click.exceptions.Exit(2)
