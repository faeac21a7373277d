"""The command `harness`: words to values, one call, values to words, exit code. Grades nothing itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scratchmark", prog_name="harness")
def cli() -> None:
    """Grade and time what you wrote from scratch, against reference oracles."""


@cli.command("lint")
@click.argument("exercises", nargs=-1)
@click.option("--thorough", is_flag=True, help="A right answer on 1,000 seeds, each mistake on 200.")
@click.option("--seeds", type=click.IntRange(1), help="So many seeds instead.")
@click.option("--backend", default="numpy", show_default=True, type=click.Choice(["numpy", "torch"]))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lint_command(exercises: tuple[str, ...], thorough: bool, seeds: int | None, backend: str, as_json: bool) -> None:
    """Check exercises: complete, solutions pass, mistakes are caught by the case that they name.

    Example: harness lint softmax --thorough
    """
    from harness import lint
    from harness.catalog import Shipped
    from harness.session import session
    from tracker import workspace

    place = workspace.find(Path.cwd())
    with session(backend) as opened:
        wanted = [Shipped(name, workspace.exercise_folder(place, name)) for name in exercises or workspace.exercise_ids(place)]
        found = []
        for shipped in wanted:
            one = lint.lint(shipped, opened, thorough=thorough or bool(seeds), seeds=seeds, say=lambda w: click.echo(w, err=True))
            found.append(one)
            if not as_json:
                _show(one)
    if as_json:
        click.echo(json.dumps([vars(f) for f in found], indent=1))
    raise SystemExit(1 if any(f.problems for f in found) else 0)


def _show(found: Any) -> None:
    for what, seeds, misses in found.rows:
        click.echo(f"  {what}: {seeds - misses} of {seeds}")
    for problem in found.problems:
        click.echo(f"{found.exercise}: {problem}")
    click.echo(f"{found.exercise}: {'complete' if not found.problems else f'{len(found.problems)} problems'}")


def main() -> None:
    """The entry point."""
    cli()
