"""Writes what a run found: the report, its pages, the journal's event. Decides what is worth keeping; grades nothing."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from harness import others
from tracker import journal, report, report_markdown, report_page
from tracker.errors import UserError
from tracker.report import Report
from tracker.workspace import Workspace


def save(place: Workspace, found: Report, *, to_journal: bool) -> Path | None:
    """Write report and pages unless nothing has changed since the last; then the journal's event. Returns the report's path.

    Raises UserError where the disk refuses; nothing half-written stays behind.
    """
    folder = place.reports / ("demo" if found.demo else found.exercise)
    last, raw = (None, {}) if found.demo else _latest(folder, found)
    if last is not None and _unchanged(raw, found) and (not to_journal or _is_known(place, last)):
        return last
    text = report.dump(found)
    when = found.started.replace("-", "").replace(":", "")
    path = folder / f"{when}-{found.backend}-{secrets.token_hex(3)}.json"  # two runs may end in the same second
    write(path, text)
    name = path.relative_to(place.root).as_posix()
    beside = others.newest(folder, found)
    write(path.with_suffix(".md"), report_markdown.markdown(found, beside))
    write(path.with_suffix(".html"), report_page.html(found, beside=beside))
    if to_journal and not found.demo:
        journal.append(
            place.journal, "graded", exercise=found.exercise, backend=found.backend, device=found.device,
            verdict=found.verdict.value, marks=found.marks, version=found.exercise_version, report=name,
            report_sha256=hashlib.sha256(text.encode()).hexdigest(), source_hash=found.source_hash,
        )  # fmt: skip
    return path


def _latest(folder: Path, found: Report) -> tuple[Path | None, dict[str, Any]]:
    """The newest report of that backend and device: names begin with the second, within which the file's own time decides."""
    paths = sorted(
        folder.glob(f"*-{found.backend}-*.json"),
        key=lambda path: (path.name.partition("-")[0], path.stat().st_mtime_ns),
        reverse=True,
    )
    read = ((path, _raw(path)) for path in paths)
    return next(((path, raw) for path, raw in read if raw.get("device", found.device) == found.device), (None, {}))


def _raw(path: Path) -> dict[str, Any]:
    """A report as it is written; {} where it cannot be read."""
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _unchanged(raw: dict[str, Any], found: Report) -> bool:
    """Same source, verdict and marks as that report? An unreadable one counts as different."""
    same = tuple(raw.get(key) for key in ("source_hash", "verdict", "marks", "seed_given", "exercise_version"))
    return same == (found.source_hash, found.verdict.value, dict(found.marks), found.seed_given, found.exercise_version)


def _is_known(place: Workspace, path: Path) -> bool:
    """Has the journal an event for this report?"""
    name = path.relative_to(place.root).as_posix()
    return any(e.kind == "graded" and e.data.get("report") == name for e in journal.read(place.journal).events)


def write(path: Path, text: str) -> None:
    """All of it or nothing: a temporary file beside it, flushed to the disk, then renamed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise UserError(
            f"cannot write the report {path}: {error.strerror or error}; the run is not recorded",
            "free some space or make the folder writable, then run again (--no-save grades without writing)",
        ) from error
