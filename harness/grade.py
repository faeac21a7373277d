"""What the results of all checks come to: the verdict, its words, and the marks on values. Runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness import calls, spec
from harness.check import Finding
from harness.driven import Outcome


@dataclass(frozen=True)
class Result:
    """How one case, property or example went. `call` is None for what the judge checks by itself."""

    part: str
    name: str
    kind: str  # case, property, example
    dtype: str | None
    mark: str
    passed: bool
    sentence: str = ""
    finding: Finding | None = None
    outcome: Outcome | None = None
    call: calls.Call | None = None
    expected: Any = None
    status: str = "done"  # or 'not written', 'review'

    @property
    def message(self) -> str:
        if self.passed or self.finding is None:
            return ""
        return f"{self.finding.path}: {self.finding.sentence}" if self.finding.path else self.finding.sentence


@dataclass(frozen=True)
class Grade:
    """The verdict on an answer, its words, and every result in the order in which it ran."""

    verdict: str
    words: str
    results: tuple[Result, ...] = ()
    missing: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()

    def right(self, exercise: spec.Exercise) -> set[str]:
        """The parts that are written and pass every check that ran: what may be timed."""
        return {p.name for p in exercise.parts} - {r.part for r in self.results if not r.passed} - set(self.missing)

    @property
    def failed(self) -> list[Result]:
        return [r for r in self.results if not r.passed and r.status == "done"]


def verdict(exercise: spec.Exercise, results: tuple[Result, ...], unwritten: set[str]) -> Grade:
    """From the results to one of the report's verdicts. Only required parts decide."""
    required = {part.name for part in exercise.parts if part.required}
    failed = [r for r in results if not r.passed and r.status == "done" and r.part in required]
    missing = tuple(part.name for part in exercise.parts if part.name in unwritten)
    if failed:
        kinds = len({(r.part, r.name) for r in failed})
        words = f"{kinds} of {len({(r.part, r.name) for r in results})} checks failed"
        return Grade("failed", words, results, missing)
    if required & unwritten:
        return Grade("not written yet", f"still to write: {', '.join(missing)}", results, missing)
    return Grade("passed", f"all {len({(r.part, r.name) for r in results})} checks passed", results, missing)


def marks(exercise: spec.Exercise, grade: Grade) -> dict[str, bool | None]:
    """correct, robust, gradient: true, false, or None where nothing was asked or seen. Speed marks are the clock's."""

    def earned(mark: str, parts: set[str]) -> bool | None:
        seen = [r for r in grade.results if r.mark == mark and r.part in parts]
        if grade.verdict not in ("passed", "failed", "not written yet"):
            return False if parts else None
        if parts & set(grade.missing):
            return False
        return all(r.passed for r in seen) if seen else None

    forward = {p.name for p in exercise.parts if p.required and not p.gradient_of}
    backward = {p.name for p in exercise.parts if p.required and p.gradient_of}
    return {
        "correct": earned("correct", forward),
        "robust": earned("robust", forward | backward),
        "gradient": earned("gradient", backward),
        "efficient": None,
        "expert": None,
    }
