"""The newest reports of an exercise on other backends, which its page puts beside the one at hand. Grades nothing.

What lies in the folder and is no such report is passed over: nothing there may keep a run from being saved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from tracker import report
from tracker.errors import UserError
from tracker.report import Backend, Report, Verdict

_NEWEST = 30  # files of each backend that are looked at
_ONE_DEVICE = ("python", "numpy")


def newest(folder: Path, found: Report) -> list[Report]:
    """For each other backend and device the newest pass that was timed; the newest pass where none was."""
    chosen: dict[tuple[str, str], Report] = {}
    for path in [] if found.demo else _paths(folder, found.backend):
        with suppress(OSError, ValueError, RecursionError, UserError):
            _consider(path.read_text("utf-8"), found, chosen)
    return list(chosen.values())


def _consider(text: str, found: Report, chosen: dict[tuple[str, str], Report]) -> None:
    """Only what may be chosen is checked in full, which takes three times as long as a look into it."""
    raw: Any = json.loads(text) if len(text) <= report.MAX_CHARACTERS else None
    if not _belongs(raw, found):
        return
    before = chosen.get((raw["backend"], raw["device"]))
    if before is None or (raw.get("timings") and not before.timings):
        one = report.load(text)
        chosen[one.backend, one.device] = one


def _paths(folder: Path, backend: str) -> Iterator[Path]:
    """The newest of each backend, newest first: names begin with the time. Only some backends have another device."""
    paths = sorted((path for path in folder.glob("*.json") if path.is_file()), reverse=True)
    for name in get_args(Backend):
        if name != backend or name not in _ONE_DEVICE:
            yield from [path for path in paths if f"-{name}-" in path.name][:_NEWEST]


def _belongs(raw: Any, found: Report) -> bool:
    """A pass of that exercise on another backend or device that earned credit?"""
    if not isinstance(raw, dict):
        return False
    said = tuple(raw.get(key) for key in ("exercise", "verdict", "demo", "seed_given"))
    where = raw.get("backend"), raw.get("device")
    elsewhere = all(isinstance(one, str) for one in where) and where != (found.backend, found.device)
    return elsewhere and said == (found.exercise, Verdict.PASSED.value, False, False)
