"""Is a report true? Its source is graded again here, on the recorded seed and on a fresh one (contract.md, 7).

A report is a text that anyone can edit: nothing in it is believed but the source, and that only as code to be judged,
in a sandbox. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness import answer, calls, fit, machine
from harness.answer import Source
from harness.attempt import PACKAGES, Attempt, Request
from harness.catalog import Shipped
from harness.session import Session, session
from tracker import report, workspace
from tracker.errors import UserError
from tracker.report import Report, Timing
from tracker.workspace import Workspace

VALUES = (
    "correct",
    "robust",
    "gradient",
)  # marks that a second grading must give again; speed is compared by intervals


@dataclass(frozen=True)
class Line:
    """One thing that the report says, what is found here, and whether they agree; None: told, not asked to agree."""

    what: str
    recorded: str
    here: str
    agrees: bool | None = None


@dataclass(frozen=True)
class Verification:
    """Of one report. `declined`: why it was not graded, '' if it was."""

    path: str
    exercise: str
    lines: tuple[Line, ...] = ()
    declined: str = ""

    @property
    def holds(self) -> bool:
        return not self.declined and all(line.agrees is not False for line in self.lines)


def files(target: Path) -> list[Path]:
    """The reports that a file or folder holds. Raises UserError where there are none."""
    found = [target] if target.is_file() else sorted(p for p in target.rglob("*.json") if not p.name.startswith("."))
    if not found:
        raise UserError(f"{target} is no report and holds none", "give a file of reports/<exercise>/, or that folder")
    return found


def verify(
    place: Workspace, path: Path, *, sandbox: str, timing: bool, say: Callable[[str, float], None]
) -> Verification:
    """Grade the recorded source on both seeds and compare. Raises UserError for what is no report."""
    try:
        recorded = report.load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}", "give a report, reports/<exercise>/<time>.json") from None
    known = workspace.exercise_folders(place)
    if recorded.exercise not in known:
        return Verification(path.name, recorded.exercise, declined=f"there is no exercise {recorded.exercise!r} here")
    shipped = Shipped(recorded.exercise, known[recorded.exercise])
    if recorded.spec_hash != shipped.spec_hash:
        words = f"it was graded by version {recorded.exercise_version} of the exercise ({recorded.spec_hash[:12]}), and here is version "
        words += f"{shipped.exercise.version} ({shipped.spec_hash[:12]}): take the Scratchmark {recorded.harness_version} that wrote it"
        return Verification(path.name, recorded.exercise, declined=words)
    device = fit.device_for(recorded.backend, recorded.device, sandbox=sandbox)
    with session(recorded.backend, device, sandbox=sandbox) as opened:
        lines = tuple(_lines(recorded, shipped, opened, timing, say))
    return Verification(path.name, recorded.exercise, lines)


def _lines(
    recorded: Report, shipped: Shipped, opened: Session, timing: bool, say: Callable[[str, float], None]
) -> Iterator[Line]:
    source = answer.from_report(recorded)
    yield Line("source", recorded.source_hash[:12], source.hash[:12], source.hash == recorded.source_hash)
    same = _same_machine(recorded)
    yield from _circumstances(recorded)
    yield Line("sandbox", recorded.sandbox, opened.setting.sandbox)
    again = _graded(recorded, shipped, opened, source, int(recorded.seed, 16), timing and same, say)
    yield from _compared(recorded, again, same)
    fresh = _graded(recorded, shipped, opened, source, calls.fresh_seed(), False, say)
    was = _verdict(recorded)
    yield Line(f"fresh seed {fresh.seed[:8]}…", was, fresh.verdict.value, was == fresh.verdict.value)
    if timing:
        yield from _timings(recorded, again, same)


def _verdict(recorded: Report) -> str:
    return (recorded.demo_verdict or recorded.verdict).value


def _same_machine(recorded: Report) -> bool:
    return recorded.machine == machine.describe() and recorded.versions == machine.versions(PACKAGES)


def _circumstances(recorded: Report) -> Iterator[Line]:
    here = machine.describe()
    if recorded.machine != here:
        yield Line(
            "machine", f"{recorded.machine.cpu}, {recorded.machine.cores} cores", f"{here.cpu}, {here.cores} cores"
        )
    versions = machine.versions(PACKAGES)
    for name in sorted(recorded.versions.keys() | versions.keys()):
        if recorded.versions.get(name) != versions.get(name):
            yield Line(f"version of {name}", recorded.versions.get(name, "none"), versions.get(name, "none"))


def _graded(
    recorded: Report, shipped: Shipped, opened: Session, source: Source, seed: int, timing: bool,
    say: Callable[[str, float], None],
) -> Report:  # fmt: skip
    request = Request(
        recorded.exercise, recorded.backend, opened.setting.device, seed=seed, quick=not timing,
        sandbox=opened.setting.sandbox, earned=frozenset(recorded.earned), threads=recorded.threads,
    )  # fmt: skip
    attempt = Attempt(shipped, source, opened, request, seed, say)
    attempt.grade()
    if timing:
        attempt.time()
    return attempt.report(False, datetime.now(UTC), 0.0)


def _compared(recorded: Report, again: Report, same: bool) -> Iterator[Line]:
    was = _verdict(recorded)
    yield Line("verdict", was, again.verdict.value, was == again.verdict.value)
    for mark in VALUES:
        old, new = recorded.marks.get(mark), again.marks.get(mark)  # type: ignore[call-overload]
        yield Line(mark, _word(old), _word(new), old == new)
    old_cases = {(c.part, c.name, c.dtype): c for c in recorded.cases}
    new_cases = {(c.part, c.name, c.dtype): c for c in again.cases}
    differ = [k for k in old_cases.keys() | new_cases.keys() if _passed(old_cases.get(k)) != _passed(new_cases.get(k))]
    yield Line("checks", f"{len(old_cases)}", f"{len(new_cases)}, {len(differ)} otherwise", not differ)
    if recorded.versions.get("numpy") == again.versions.get("numpy"):
        changed = [k for k, c in old_cases.items() if k in new_cases and c.inputs_sha256 != new_cases[k].inputs_sha256]
        yield Line("inputs drawn", f"{len(old_cases)} hashes", f"{len(changed)} otherwise", not changed)
    if same:
        errors = [k for k, c in old_cases.items() if k in new_cases and c.error != new_cases[k].error]
        yield Line("errors, to the bit", f"{len(old_cases)}", f"{len(errors)} otherwise", not errors)


def _passed(case: report.Case | None) -> bool | None:
    return case.passed if case is not None else None


def _word(mark: bool | None) -> str:
    return {True: "yes", False: "no", None: "–"}[mark]


def _timings(recorded: Report, again: Report, same: bool) -> Iterator[Line]:
    """Intervals must overlap on the same machine; elsewhere the two stand beside each other."""
    here = {(t.part, t.case, t.against): t for t in again.timings}
    for old in recorded.timings:
        new = here.get((old.part, old.case, old.against))
        agrees = _overlap(old, new) if same and new is not None else None
        yield Line(f"{old.part}, {old.case}, over the {old.against}", _ratio(old), _ratio(new), agrees)


def _overlap(old: Timing, new: Timing) -> bool:
    if None in (old.ratio_low, old.ratio_high, new.ratio_low, new.ratio_high):
        return False
    return max(old.ratio_low, new.ratio_low) <= min(old.ratio_high, new.ratio_high)  # type: ignore[type-var, operator]


def _ratio(t: Timing | None) -> str:
    return (
        f"{t.ratio:.3g} ({t.ratio_low:.3g} to {t.ratio_high:.3g})"
        if t is not None and t.ratio is not None
        else "not measured"
    )
