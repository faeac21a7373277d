"""What the commands share: options, the workspace, a progress bar. Imports click alone until it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.bar import progress as progress

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
