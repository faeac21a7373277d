"""One answer on one seed: its grade, its speed, its report. Prints nothing, writes nothing, finds no file."""

from __future__ import annotations

import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness import calls, clock, grade, judge, lesson, machine, nets, policy, similarity, speed
from harness.answer import Source
from harness.catalog import Shipped, SpecBroken
from harness.check import Finding
from harness.grade import Grade, Result
from harness.handle import WorkerEnd
from harness.judge import Judge
from harness.session import Session
from tracker.bar import Say
from tracker.page import printable
from tracker.report import CLOSE, Case, Failure, Part, Report, Verdict

PACKAGES = ("numpy", "torch", "cupy", "cupy-cuda12x", "cupy-cuda13x", "triton", "array-api-compat", "scratchmark")
PROVEN = "This code gives right answers on inputs it had not seen, here and wherever you run it again."
NOT_PROVEN = "Who wrote it."
INTERPRETED = "values graded through Triton's interpreter on the CPU; not measured: no CUDA device"


@dataclass(frozen=True)
class Request:
    """What was asked for. `answer`: another file than the learner's own; `only`: one check by name, for debugging."""

    exercise: str
    backend: str = "numpy"
    device: str = "cpu"
    answer: Path | None = None
    seed: int | None = None
    quick: bool = False
    demo: bool = False
    budget_s: float = 12.0
    sandbox: str = "process"
    earned: frozenset[str] = frozenset()
    only: str | None = None
    threads: int = 1  # of each timed process
    portable: bool = False


class Attempt:
    """One answer on one seed: its grade, its speed, its report."""

    def __init__(
        self, shipped: Shipped, source: Source, opened: Session, request: Request, seed: int, say: Say
    ) -> None:
        self.shipped, self.source, self.session = shipped, source, opened
        self.request, self.seed, self.say = request, seed, say
        self.judge: Judge | None = None
        self.result = Grade("spec broken", "it was not graded")
        self.speed = speed.Speed()
        self.protections: tuple[str, ...] = ()
        self.printed = ""
        self.libraries: tuple[str, ...] = ()

    def grade(self) -> None:
        """Bans, then loading, then every check."""
        self.say("grading", 0.0)
        uses = policy.banned_uses(self.shipped.exercise.policy, self.source.texts, self.request.earned)
        if uses:
            self.result = Grade("used a banned call", self._told(uses))
            return
        try:
            self.result = self._graded()
        except WorkerEnd as end:
            self.result = Grade(end.verdict, end.words)
        except SpecBroken as error:
            self.result = Grade("spec broken", str(error))

    def _told(self, uses: Sequence[policy.Use]) -> str:
        earns = self.shipped.exercise.policy.earns
        return "; ".join(use.words(self.shipped.id, earns) for use in uses[:5])

    def _graded(self) -> Grade:
        reference = self.session.shared(self.shipped, self._sound())
        self.libraries = reference.thread_pools()
        own, loaded = self.session.open(self.shipped, self.source)
        self.protections = own.worker.protections
        try:
            if loaded.status != "done":
                if "MemoryError" in loaded.names:
                    most = self.shipped.exercise.limits.memory_mb
                    return Grade(
                        "out of memory",
                        f"loading asked for more memory than it may have ({most} MB)",
                        frames=loaded.frames,
                    )
                words = f"{loaded.names[0] if loaded.names else loaded.status}: {loaded.words}"
                return Grade("did not load", words, frames=loaded.frames)
            seen = nets.traced(self.shipped, self.source, self.session, self.request.earned, self.seed)
            if seen.uses:
                return Grade("used a banned call", self._told(seen.uses))
            self.judge = Judge(self.shipped, own, reference, self.seed)
            found = judge.grade(self.judge, self.request.only, lambda n, total: self.say("grading", n / max(total, 1)))
            return _otherwise_than(seen, found)
        finally:
            self.printed = own.worker.printed.decode("utf-8", "replace")
            for place in (
                self.session.root_of(self.source),
                *map(sysconfig.get_path, ("purelib", "platlib", "stdlib")),
            ):
                self.printed = self.printed.replace(f"{place}/", "")  # a report holds no path of this machine

    def _sound(self) -> Path:
        """The implementation whose error sets the budget: torch's for the interpreter, which takes as long as the answer."""
        on_torch = self.session.interpreted and "torch" in self.shipped.exercise.policy.backends
        return self.shipped.reference_for("torch" if on_torch else self.request.backend)

    def time(self) -> None:
        """Only what is right is timed; a wrong output in a timed call takes the verdict back."""
        untouched = all(r.passed for r in self.result.results if r.name == "inputs stay untouched")
        if (
            self.request.quick
            or self.request.only
            or self.session.interpreted
            or self.result.verdict not in ("passed", "failed", "not written yet")
            or not untouched
        ):
            return
        try:
            self.speed = speed.measure(
                self.shipped,
                self.source,
                replace(self.session.setting, threads=self.request.threads),
                self.seed,
                self.request.budget_s,
                self.result.right(self.shipped.exercise).__contains__,
                lambda share: self.say("timing", share),
            )
        except clock.WrongOutput as error:
            wrong = Result(
                error.part,
                "timed calls",
                "case",
                None,
                "correct",
                False,
                "",
                Finding(str(error)),
            )
            self.result = replace(
                self.result, verdict="failed", words=str(error), results=(*self.result.results, wrong)
            )
        except clock.Unfit as error:
            self.speed = speed.Speed(notes=(("efficient", f"not timed: {error}"),))
        except clock.TooSlow as error:
            self.speed = speed.Speed(efficient=False, expert=False, notes=(("efficient", str(error)),))
        except WorkerEnd as end:
            self.result = replace(self.result, verdict=end.verdict, words=end.words)
        except SpecBroken as error:
            self.result = replace(self.result, verdict="spec broken", words=str(error))
        if self.speed.review:
            self.result = replace(self.result, verdict="needs review", words=self.speed.review)

    def report(self, demo: bool, started: datetime, seconds: float) -> Report:
        """Everything found, as the report keeps it."""
        shipped, request = self.shipped, self.request
        verdict = Verdict(self.result.verdict)
        marks = grade.marks(shipped.exercise, self.result)
        if verdict in (Verdict.PASSED, Verdict.FAILED, Verdict.NOT_WRITTEN_YET):
            marks |= {"efficient": self.speed.efficient, "expert": self.speed.expert}
        solutions = {path.name: path.read_text("utf-8") for path in shipped.solutions}
        alike = similarity.similarity(self.source.texts, solutions)
        return Report(
            exercise=shipped.id, exercise_version=shipped.exercise.version, backend=request.backend,  # type: ignore[arg-type]
            device=request.device, verdict=Verdict.NOT_WRITTEN_YET if demo else verdict, message=printable(self.result.words),
            demo=demo, demo_verdict=verdict if demo else None, parts=self._parts(), marks=marks,  # type: ignore[arg-type]
            mark_notes=self._notes(alike), cases=tuple(map(_case, self._in_order())),  # type: ignore[arg-type]
            timings=self.speed.timings, scalings=self.speed.scalings, memory=self.speed.memory, roof=self.speed.roof,
            conditions=self.speed.conditions, seed=f"{self.seed:032x}", seed_given=request.seed is not None,
            sandbox=request.sandbox, protections=self.protections,  # type: ignore[arg-type]
            started=started.strftime("%Y-%m-%dT%H:%M:%SZ"), seconds=round(seconds, 3), source=self.source.texts,
            source_hash=self.source.hash, spec_hash=shipped.spec_hash, harness_version=machine.versions(["scratchmark"])["scratchmark"],
            versions=machine.versions(PACKAGES), machine=machine.describe(), threads=request.threads, earned=tuple(sorted(request.earned)),
            similarity=alike, libraries=self.libraries, used=self.source.used_texts, printed=printable(self.printed),
            failure=self._lesson(), proven=PROVEN if verdict is Verdict.PASSED else "", not_proven=NOT_PROVEN,
        )  # fmt: skip

    def _in_order(self) -> list[Result]:
        """The results as the spec lists its checks; they ran in an order drawn from the seed."""
        parts = self.shipped.exercise.parts
        names = [e.name for e in self.shipped.examples] + [c.name for part in parts for c in part.checks]
        place = {name: number for number, name in reversed(list(enumerate(names)))}
        order = {part.name: number for number, part in enumerate(parts)}
        return sorted(self.result.results, key=lambda r: (order[r.part], place.get(r.name, len(names)), r.dtype or ""))

    def _lesson(self) -> Failure | None:
        if self.judge is None or self.judge.answer.worker.ended is not None:
            return None
        try:
            return lesson.explain(self.judge, self.result.results, self.session, self.seed)
        except WorkerEnd:
            return None

    def _notes(self, alike: dict[str, float]) -> dict[str, str]:
        notes = dict(self.speed.notes)
        if self.request.quick:
            notes = {"efficient": "not timed (--quick)", "expert": "not timed (--quick)"}
        if self.session.interpreted:
            notes = {"efficient": INTERPRETED, "expert": INTERPRETED}
        closest = max(alike, key=alike.__getitem__, default=None)
        if closest is not None and alike[closest] > CLOSE:
            notes["correct"] = f"close to the shipped solution ({closest}: {alike[closest]:.0%})"
        return notes

    def _parts(self) -> dict[str, Part]:
        return {part.name: self._part(part.name, part.required) for part in self.shipped.exercise.parts}

    def _part(self, name: str, required: bool) -> Part:
        seen = [r for r in self.result.results if r.part == name]
        if self.result.verdict not in ("passed", "failed", "not written yet"):
            return Part(Verdict(self.result.verdict), required, printable(self.result.words))
        if name in self.result.missing:
            return Part(Verdict.NOT_WRITTEN_YET, required, "")
        failed = dict.fromkeys(r.name for r in seen if not r.passed)
        if failed:
            return Part(Verdict.FAILED, required, f"fails {', '.join(failed)}")
        return Part(Verdict.PASSED, required, "")


def _otherwise_than(seen: nets.Traced, found: Grade) -> Grade:
    """What lives when it is graded and died when its calls were recorded has shown nothing of what it calls."""
    if not seen.ended or found.verdict != "passed":
        return found
    words = f"it passed, but the run in which its calls were recorded ended otherwise: {seen.ended}; a person must look"
    return replace(found, verdict="needs review", words=words)


def _case(result: Result) -> Case:
    finding = result.finding if not result.passed else None
    return Case(
        name=result.name, part=result.part, dtype=result.dtype, kind=result.kind, mark=result.mark, passed=result.passed,  # type: ignore[arg-type]
        message="not written yet" if result.status == "not written" else printable(result.message)[:1000],
        error=finding.error if finding else None, allowed=finding.allowed if finding else None,
        inputs_sha256=calls.inputs_sha256(result.call.inputs) if result.call is not None else None,
    )  # fmt: skip
