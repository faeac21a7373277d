"""`harness verify`: words to values, one call, values to words. Grades nothing itself."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.commands import ask

if TYPE_CHECKING:
    from harness.verify import Verification

SIGNS = {True: "✓", False: "✗", None: " "}


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Run the reports' code without asking.")
@click.option("--timing", is_flag=True, help="Time again too, and compare the intervals.")
@ask.SANDBOX
@ask.AS_JSON
def verify(target: Path, yes: bool, timing: bool, sandbox: str, as_json: bool) -> int:
    """Grade again what a report (or each in a folder) holds, on its seed and on a fresh one, and say what agrees.

    Example: harness verify reports/softmax/20261120T171806Z-numpy-1a2b3c.json
    """
    from harness import verify as verifying
    from tracker.errors import UserError

    if sandbox == "none":
        raise UserError("other people's code is not run without a sandbox", "--sandbox namespaces, or process")
    paths = verifying.files(target)
    if not yes and not _agreed(len(paths), sandbox):
        return 2
    place = ask.workspace()
    found = []
    with ask.progress() as say:
        for path in paths:
            found.append(verifying.verify(place, path, sandbox=sandbox, timing=timing, say=say))
    if as_json:
        click.echo(json.dumps([asdict(one) | {"holds": one.holds} for one in found], indent=1))
    else:
        click.echo("\n\n".join(map(_words, found)))
    return 0 if all(one.holds for one in found) else 1


def _agreed(count: int, sandbox: str) -> bool:
    """Nothing of a report runs before its reader has said so."""
    what = "this report's code" if count == 1 else f"the code of {count} reports"
    if not sys.stdin.isatty():
        click.echo(f"verifying runs {what} (confined at level {sandbox}): say --yes", err=True)
        return False
    return click.confirm(f"Run {what}, confined at level {sandbox}?", default=False, err=True)


def _words(found: Verification) -> str:
    from tracker.page import printable

    lines = [f"{found.exercise}  {found.path}"]
    if found.declined:
        return printable("\n".join([*lines, f"  not verified: {found.declined}"]))
    width = max(len(line.what) for line in found.lines)
    lines += [f"  {SIGNS[one.agrees]} {one.what:<{width}}  {one.recorded} → {one.here}" for one in found.lines]
    lines.append("  everything agrees" if found.holds else "  this report does not hold")
    return printable("\n".join(lines))
