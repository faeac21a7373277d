"""`harness new`: words to values, one call, values to words."""

from __future__ import annotations

import json

import click

from harness.commands import ask


@click.command()
@click.argument("name", metavar="MODULE/EXERCISE")
@ask.AS_JSON
def new(name: str, as_json: bool) -> int:
    """Write the five files of a new exercise, with TODOs that `harness lint` lists until it is complete.

    Example: harness new neural-networks/relu
    """
    from harness import scaffold

    place = ask.workspace()
    written = [path.relative_to(place.root).as_posix() for path in scaffold.write(place, name)]
    module, _, exercise = name.partition("/")
    line = scaffold.task_line(exercise)
    if as_json:
        click.echo(json.dumps({"exercise": exercise, "files": written, "task": line}, indent=1))
        return 0
    for path in written:
        click.echo(path)
    click.echo(f"next: harness lint {exercise} says what is to do")
    click.echo(f"then a line under a topic's `tasks:` in curriculum/{module}/module.yaml:\n  {line}")
    return 0
