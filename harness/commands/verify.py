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
@click.argument("targets", metavar="REPORT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Run the reports' code without asking.")
@click.option("--timing", is_flag=True, help="Time again too, and compare the intervals.")
@click.option("--allow-declined", is_flag=True, help="Exit 0 where all that can be graded here holds.")
@ask.SANDBOX
@ask.AS_JSON
def verify(
    targets: tuple[Path, ...], yes: bool, timing: bool, allow_declined: bool, sandbox: str, as_json: bool
) -> int:
    """Grade again what reports (or all of a folder) hold, on their seed and on a fresh one, and say what agrees.

    Exit 1 where one does not hold; 2 where one cannot be graded here (for want of a GPU, say) or read.

    Example: harness verify reports/softmax/20261120T171806Z-numpy-1a2b3c.json
    """
    from harness import verify as verifying
    from tracker.errors import UserError

    if sandbox == "none":
        raise UserError("other people's code is not run without a sandbox", "--sandbox namespaces, or process")
    place, paths, found = ask.workspace(), verifying.files(list(targets)), {}
    for path in paths:
        try:
            found[path] = verifying.read(path)
        except UserError as error:
            _tell(str(error))
    unread = len(paths) - len(found)
    own = verifying.own_exercises(place, [report for report, _ in found.values()])
    if not found or (not yes and not _agreed(len(found), sandbox, own)):
        return 2
    done: list[Verification] = []
    with ask.progress() as say:
        for number, (path, (report, source)) in enumerate(found.items(), 1):
            head = f"{report.exercise}, {number} of {len(found)}: "
            done.append(
                verifying.verify(
                    place, path, report, source, sandbox=sandbox, timing=timing,
                    say=lambda what, share, head=head: say(head + what, share),  # type: ignore[misc]
                )
            )  # fmt: skip
            if not as_json:
                click.echo(_words(done[-1]) + "\n")
    if as_json:
        click.echo(json.dumps([asdict(one) | {"holds": one.holds} for one in done], indent=1))
    elif len(paths) > 1:
        click.echo(_sum(done, unread))
    if any(not one.holds and not one.declined for one in done):
        return 1
    return 2 if unread or any(one.declined and not allow_declined for one in done) else 0


def _agreed(count: int, sandbox: str, own: list[str]) -> bool:
    """Nothing of a report runs before its reader has said so."""
    what = "this report's code" if count == 1 else f"the code of {count} reports"
    what += f", confined at level {sandbox}"
    if own:
        what += f"; and, not confined, this workspace's own spec.py of {', '.join(own)}"
    if not sys.stdin.isatty():
        _tell(f"verifying runs {what}: say --yes")
        return False
    return click.confirm(f"Run {what}?", default=False, err=True)


def _tell(words: str) -> None:
    from tracker.page import printable

    click.echo(printable(words), err=True)


def _words(found: Verification) -> str:
    from tracker.page import printable

    lines = [f"{found.exercise}  {found.path}"]
    if found.declined:
        return printable("\n".join([*lines, f"  not verified: {found.declined}"]))
    width = max(len(line.what) for line in found.lines)
    lines += [f"  {SIGNS[one.agrees]} {one.what:<{width}}  {one.recorded} → {one.here}" for one in found.lines]
    lines.append("  everything agrees" if found.holds else "  this report does not hold")
    return printable("\n".join(lines))


def _sum(done: list[Verification], unread: int) -> str:
    """'3 of 5 reports hold; 1 was not verified, 1 could not be read'."""
    holding, declined = sum(one.holds for one in done), sum(bool(one.declined) for one in done)
    others = [f"{declined} not verified"] * bool(declined) + [f"{unread} could not be read"] * bool(unread)
    return f"{holding} of {len(done) + unread} reports hold" + "".join(f", {one}" for one in others)
