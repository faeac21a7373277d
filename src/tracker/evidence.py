"""Whether a graded event of the journal still has the report that it speaks of. Reads reports, never what is in them."""

from __future__ import annotations

import hashlib

from tracker.journal import Event
from tracker.workspace import Workspace


def fault(workspace: Workspace, event: Event) -> str | None:
    """What is wrong with a graded event's report, in words; None where it is as it was graded."""
    named, expected = event.data.get("report"), event.data.get("report_sha256")
    if not isinstance(named, str) or not isinstance(expected, str):
        return "names no report, so this grade cannot be checked"
    content = _report(workspace, named)
    if content is None:
        return f"its report {named!r} is missing; restore it, or grade again with `harness run`"
    if hashlib.sha256(content).hexdigest() != expected:
        return f"its report {named!r} was changed after the grading; restore it, or grade again"
    return None


def _report(workspace: Workspace, named: str) -> bytes | None:
    path = (workspace.root / named).resolve()
    try:
        return path.read_bytes() if path.is_relative_to(workspace.reports.resolve()) else None
    except OSError:
        return None
