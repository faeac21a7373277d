"""Is a report true? Its source is graded again here, on the recorded seed and on a fresh one (contract.md, 7).

A report is a text that anyone can edit: nothing in it is believed but the source, and that only as code to be judged,
in a sandbox. What differs from the second grading is told; so is what does not follow from the report's own samples,
and a file that is no longer the one that its journal speaks of. Writes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness import agreement, answer, calls, figures, fit, policy
from harness.agreement import Line
from harness.answer import Source
from harness.attempt import Attempt, Request
from harness.catalog import Shipped, SpecBroken
from harness.session import Session, session
from tracker import journal, report, workspace
from tracker.bar import Say
from tracker.errors import UserError
from tracker.report import Report, Verdict
from tracker.workspace import Workspace

NO_REPORTS = (".", "baseline-")  # unfinished ones; what `harness bench` keeps to compare with, and claims nothing
TIMED_CALLS = "timed calls"  # the check that only the clock can fail


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


class Declined(Exception):
    """A report that cannot be graded again here, and why."""


def files(targets: list[Path]) -> list[Path]:
    """The reports that files and folders hold, each once. Raises UserError where one of them has none."""
    return list(dict.fromkeys(path for target in targets for path in _files(target)))


def _files(target: Path) -> list[Path]:
    if target.is_file():
        return [target]
    found = sorted(p for p in target.rglob("*.json") if p.is_file() and not p.name.startswith(NO_REPORTS))
    if not found:
        raise UserError(f"{target} is no report and holds none", "give a file of reports/<exercise>/, or that folder")
    return found


def read(path: Path) -> tuple[Report, Source]:
    """A report, and its source as files that can be laid out. Runs nothing. Raises UserError for what is no report."""
    try:
        if path.stat().st_size > 4 * report.MAX_CHARACTERS:
            raise UserError(f"{path} is no report: {path.stat().st_size:,} bytes")
        found = report.load(path.read_text("utf-8"))
        return found, answer.from_report(found)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}", "give a report, reports/<exercise>/<time>.json") from None
    except UserError as error:
        raise UserError(f"{path}: {error.message}", error.fix) from None


def own_exercises(place: Workspace, found: list[Report]) -> list[str]:
    """Those of the reports' exercises whose spec is a file of this workspace: that runs too, and unconfined."""
    known, shipped = workspace.exercise_folders(place), workspace.packaged_content()
    names = sorted({one.exercise for one in found} & known.keys())
    return [name for name in names if not known[name].resolve().is_relative_to(shipped)]


def verify(
    place: Workspace, path: Path, recorded: Report, source: Source, *, sandbox: str, timing: bool,
    say: Say,
) -> Verification:  # fmt: skip
    """Grade the recorded source on both seeds and compare."""
    try:
        shipped = _shipped(place, recorded)
        device = _device(recorded, shipped, sandbox)
        with session(recorded.backend, device, sandbox=sandbox) as opened:
            lines = [*_of_the_file(path), *_lines(recorded, source, shipped, opened, timing, say)]
    except (Declined, SpecBroken) as error:
        return Verification(str(path), recorded.exercise, declined=str(error))
    return Verification(str(path), recorded.exercise, tuple(lines))


def _shipped(place: Workspace, recorded: Report) -> Shipped:
    known = workspace.exercise_folders(place)
    if recorded.exercise not in known:
        raise Declined(f"there is no exercise {recorded.exercise!r} here")
    shipped = Shipped(recorded.exercise, known[recorded.exercise])
    if recorded.spec_hash != shipped.spec_hash:
        raise Declined(
            f"it was graded by version {recorded.exercise_version} of the exercise ({recorded.spec_hash[:12]}), and here is version "
            f"{shipped.exercise.version} ({shipped.spec_hash[:12]}): take the Scratchmark {recorded.harness_version} that wrote it"
        )
    if recorded.verdict is Verdict.NEEDS_REVIEW:
        raise Declined("it says itself that a person has to look at it")
    return shipped


def _device(recorded: Report, shipped: Shipped, sandbox: str) -> str:
    if recorded.backend not in shipped.exercise.policy.backends or recorded.device not in ("cpu", "cuda"):
        raise Declined(f"{recorded.exercise} is not for {recorded.backend} on {recorded.device}")
    try:
        return fit.device_for(recorded.backend, recorded.device, sandbox=sandbox)
    except UserError as error:
        raise Declined(str(error)) from None


def _of_the_file(path: Path) -> Iterator[Line]:
    """Where a journal lies above the report, as in reports/: is this the file that it speaks of?"""
    place = path.resolve()
    folder = place.parent.parent
    with suppress(OSError, UserError):
        named = f"reports/{place.relative_to(folder).as_posix()}"
        here = hashlib.sha256(place.read_bytes()).hexdigest()
        for event in journal.read(folder / "journal.jsonl").events:
            if event.kind == "graded" and event.data.get("report") == named:
                there = str(event.data.get("report_sha256"))
                yield Line("file, in the journal", there[:12], here[:12], there == here)


def _lines(
    recorded: Report, source: Source, shipped: Shipped, opened: Session, timing: bool,
    say: Say,
) -> Iterator[Line]:  # fmt: skip
    yield Line("source", recorded.source_hash[:12], source.hash[:12], source.hash == recorded.source_hash)
    was, here = recorded.exercise_version, shipped.exercise.version
    yield Line("version of the exercise", f"{was}", f"{here}", was == here)
    yield from agreement.circumstances(recorded)
    yield Line("sandbox", recorded.sandbox, opened.setting.sandbox)
    yield from _earned(recorded, shipped, source)
    faults = figures.faults(recorded, shipped.exercise)
    yield Line(
        "figures of speed", f"{len(recorded.timings)}", "; ".join(faults) or "follow from each other", not faults
    )
    by_clock = any(case.name == TIMED_CALLS for case in recorded.cases)
    again = _graded(recorded, shipped, opened, source, int(recorded.seed, 16), timing or by_clock, say)
    yield from agreement.values(recorded, again)
    yield _on_a_fresh_seed(recorded, shipped, opened, source, say)
    if timing:
        yield from agreement.timed(recorded, again)


def _earned(recorded: Report, shipped: Shipped, source: Source) -> Iterator[Line]:
    """Calls that only another exercise's passing allows: which, for the reader to ask for that report too."""
    for use in policy.banned_uses(shipped.exercise.policy, source.texts, ()):
        if use.earned_by in recorded.earned:
            yield Line(f"{use.name}, line {use.line}", f"earned by passing {use.earned_by}", "not looked at here")


def _on_a_fresh_seed(recorded: Report, shipped: Shipped, opened: Session, source: Source, say: Say) -> Line:
    """What passed must pass there too; what failed may be wrong on some inputs only."""
    fresh = _graded(recorded, shipped, opened, source, calls.fresh_seed(), False, say)
    was, here = agreement.verdict(recorded), agreement.verdict(fresh)
    agrees = True if was == here else False if Verdict.PASSED.value == was else None
    return Line(f"fresh seed {fresh.seed[:8]}…", was, here, agrees)


def _graded(
    recorded: Report, shipped: Shipped, opened: Session, source: Source, seed: int, timing: bool,
    say: Say,
) -> Report:  # fmt: skip
    request = Request(
        recorded.exercise, recorded.backend, opened.setting.device, seed=seed, quick=not timing,
        sandbox=opened.setting.sandbox, earned=frozenset(recorded.earned), threads=recorded.threads,
    )  # fmt: skip
    attempt = Attempt(shipped, source, opened, request, seed, say)
    attempt.grade()
    if timing:
        attempt.time()
    broken = Verdict.SPEC_BROKEN.value
    if attempt.result.verdict == broken and agreement.verdict(recorded) != broken:  # a library is missing here, say
        raise Declined(f"the exercise cannot be graded here: {attempt.result.words}")
    demo = recorded.demo and source.texts == {source.main: shipped.reference_for(recorded.backend).read_text("utf-8")}
    return attempt.report(demo, datetime.now(UTC), 0.0)
