"""`harness lint`: words to values, calls, values to words. Checks nothing itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.commands import ask

if TYPE_CHECKING:
    from harness.catalog import Shipped
    from harness.lint import Findings
    from tracker.workspace import Workspace


@click.command()
@click.argument("exercises", nargs=-1)
@click.option("--thorough", is_flag=True, help="A right answer on 1,000 seeds, each mistake on 200, and --mutants.")
@click.option("--right-answers", is_flag=True, help="Only the right answers, on 1,000 seeds: none may fail.")
@click.option("--seeds", type=click.IntRange(1), help="So many seeds instead.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="As many seeds as fit into that time, over all exercises.",
)
@click.option("--mutants", is_flag=True, help="One change of the reference at a time: how many does the spec catch?")
@click.option("--most", type=click.IntRange(1), help="Only so many mutants, always the same.")
@click.option(
    "--table", type=click.Path(path_type=Path), metavar="FILE.md",
    help="Bring this table up to date; without names only those exercises that have changed. Measures mutants.",
)  # fmt: skip
@click.option(
    "--backend", default="numpy", show_default=True, type=click.Choice(["numpy", "torch"]), help="Whose arrays."
)
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 256), help="Exercises at the same time.")
@ask.AS_JSON
def lint(
    exercises: tuple[str, ...], thorough: bool, right_answers: bool, seeds: int | None, minutes: float | None,
    mutants: bool, most: int | None, table: Path | None, backend: str, jobs: int, as_json: bool,
) -> int:  # fmt: skip
    """Check exercises: complete, solutions pass, mistakes are caught by the case that they name.

    Example: harness lint softmax --thorough
    """
    from harness import lints
    from harness import table as tables
    from harness.trials import Effort
    from tracker.errors import UserError

    if right_answers and (thorough or mutants or most):
        raise UserError("--right-answers runs nothing but right answers", "leave out --thorough, --mutants and --most")
    if minutes and not (thorough or right_answers):
        raise UserError("--minutes is for many seeds", "say --thorough or --right-answers too")
    place = ask.workspace()
    wanted = _wanted(place, exercises, table)
    known = tables.read(table) if table is not None else {}
    many = thorough or right_answers or bool(seeds)
    mutated = not right_answers and (mutants or thorough or table is not None)
    seconds = None if minutes is None else 60 * minutes * min(jobs, len(wanted)) / max(len(wanted), 1)
    effort = Effort(many, seeds, seconds, only_right=right_answers, mutants=mutated, most=most)
    found: list[Findings] = []
    learnt: dict[str, tables.Measured] = {}
    with ask.progress() as say:
        for shipped, findings in lints.each(wanted, backend, effort, jobs, say):
            found.append(findings)
            learnt = tables.learn(learnt, shipped, findings)
            if not as_json:
                _show(findings, every_row=many)
            if table is not None and backend == "numpy":
                known = tables.learn(known, shipped, findings)
                tables.write(table, known, _every(place))
    if as_json:
        click.echo(json.dumps([vars(f) for f in found], indent=1))
    elif thorough:
        click.echo(tables.rows(wanted, learnt))
    return 1 if any(f.problems for f in found) else 0


def _every(place: Workspace) -> list[Shipped]:
    from harness.catalog import Shipped
    from tracker import workspace

    return [Shipped(name, workspace.exercise_folder(place, name)) for name in workspace.exercise_ids(place)]


def _wanted(place: Workspace, names: tuple[str, ...], table: Path | None) -> list[Shipped]:
    """Those named; without names all, or those whose row in the table is out of date."""
    from harness import table as tables
    from harness.catalog import Shipped
    from tracker import workspace

    if names:
        return [Shipped(name, workspace.exercise_folder(place, name)) for name in names]
    known = tables.read(table) if table is not None else {}
    return [shipped for shipped in _every(place) if not tables.is_current(known.get(shipped.id), shipped)]


def _show(found: Findings, every_row: bool) -> None:
    for what, seeds, misses in found.rows:
        if every_row or what == "mutants caught":
            click.echo(f"  {what}: {seeds - misses} of {seeds}" + _percent(what, seeds, misses))
    for line in found.survivors:
        click.echo(f"  survives, {line}")
    for problem in found.problems:
        click.echo(f"  {problem}")
    caught = sum(1 for what, _, misses in found.rows if what.startswith("mistake") and not misses)
    sound = f"complete, {caught} mistakes caught" if caught else "sound"
    click.echo(f"{found.exercise}: {f'{len(found.problems)} problems' if found.problems else sound}")


def _percent(what: str, of: int, misses: int) -> str:
    return f" ({1 - misses / of:.1%})" if what == "mutants caught" and of else ""
