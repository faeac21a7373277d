"""What the commands share: options, the workspace, a progress bar. Imports click alone until it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tracker.workspace import Workspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of words.")
BACKEND = click.option(
    "--backend",
    default="numpy",
    show_default=True,
    type=click.Choice(["numpy", "torch", "cupy", "triton"]),
    help="Whose arrays the answer takes and returns.",
)
THREADS = click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1, 256), help="For each timed process; 1 is surest."
)
SANDBOX = click.option(
    "--sandbox",
    default="process",
    show_default=True,
    type=click.Choice(["process", "namespaces", "none"]),
    help="Confinement of the answer.",
)


def workspace() -> Workspace:
    """The workspace around the current folder. Raises UserError where there is none."""
    from tracker import workspace

    return workspace.find(Path.cwd())


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on the terminal's standard error; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda what, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=1.0)
        yield lambda what, share: bars.update(task, description=what, completed=share)
