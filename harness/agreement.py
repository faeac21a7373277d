"""What a report says beside what a second grading on the same seed found, line by line. Pure; grades nothing.

Three kinds of lines: those that must agree anywhere; numbers that must agree to the bit on the same machine and
versions; and what is told alone, since an honest report may differ there (other machines, an answer's own words).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness import machine
from harness.attempt import PACKAGES
from tracker.report import Case, Report, Timing, Verdict

Both = tuple[Report, Report]
VALUES = ("correct", "robust", "gradient")  # marks that a second grading must give again; speed: `timed`
OURS = (Verdict.PASSED, Verdict.FAILED, Verdict.NOT_WRITTEN_YET)  # verdicts whose words hold nothing of the answer's


@dataclass(frozen=True)
class Line:
    """One thing that the report says, what is found here, and whether they agree; None: told, not asked to agree."""

    what: str
    recorded: str
    here: str
    agrees: bool | None = None


def is_same_machine(recorded: Report) -> bool:
    """This machine, with these versions of everything?"""
    return recorded.machine == machine.describe() and recorded.versions == machine.versions(PACKAGES)


def circumstances(recorded: Report) -> Iterator[Line]:
    """What is otherwise here than it was there."""
    here = machine.describe()
    if recorded.machine != here:
        yield Line("machine", _machine(recorded.machine), _machine(here))
    versions = machine.versions(PACKAGES)
    for name in sorted(recorded.versions.keys() | versions.keys()):
        if recorded.versions.get(name) != versions.get(name):
            yield Line(f"version of {name}", recorded.versions.get(name, "none"), versions.get(name, "none"))
    if recorded.seed_given:
        yield Line("seed", "given by hand: earns no credit", "the same")


def _machine(found: Any) -> str:
    return f"{found.cpu}, {found.cores} cores, {found.ram_gb:g} GB, {found.system}"


def values(recorded: Report, again: Report) -> Iterator[Line]:
    """Verdict, parts, marks, checks, words; inputs and numbers where they can be the same."""
    both = recorded, again
    yield _same("verdict", *map(verdict, both))
    yield _same("demo", *(_word(one.demo) for one in both))
    yield _counted("parts", both, lambda r: [(name, p.verdict, p.required) for name, p in r.parts.items()])
    for mark in VALUES:
        yield _same(mark, *(_word(one.marks.get(mark)) for one in both))  # type: ignore[call-overload]
    yield _counted("checks", both, lambda r: [(*_key(c), c.kind, c.mark, c.passed) for c in r.cases])
    if recorded.versions.get("numpy") == again.versions.get("numpy"):
        yield _counted("inputs drawn", both, lambda r: [(*_key(c), c.inputs_sha256) for c in r.cases])
    if is_same_machine(recorded):
        yield _counted("errors, to the bit", both, lambda r: [(*_key(c), c.error, c.allowed) for c in r.cases])
        if recorded.sandbox == again.sandbox:
            yield _counted("protections", both, lambda r: [p for p in r.protections if not p.startswith("uid ")])
    ours = recorded.harness_version == again.harness_version
    yield _counted("our words", both, _our_words, must=ours)
    yield _counted("likeness to solutions", both, lambda r: r.similarity.items(), must=ours)
    if _their_words(recorded) != _their_words(again):
        yield _counted("words about failures, and printed ones", both, _their_words, must=False)


def _our_words(r: Report) -> list[Any]:
    words: list[Any] = [r.proven, r.not_proven, r.mark_notes.get("correct")]
    if (r.demo_verdict or r.verdict) in OURS:
        words += [r.message, *((name, part.message) for name, part in r.parts.items())]
    return words + [(*_key(case), case.message) for case in r.cases if case.passed]


def _their_words(r: Report) -> list[Any]:
    words: list[Any] = [repr(r.failure), r.printed, r.message]
    return words + [(*_key(case), case.message) for case in r.cases if not case.passed]


def timed(recorded: Report, again: Report) -> Iterator[Line]:
    """Intervals must overlap on the same machine; elsewhere the two stand beside each other."""
    here = {(t.part, t.case, t.against): t for t in again.timings}
    same = is_same_machine(recorded)
    for old in recorded.timings:
        new = here.get((old.part, old.case, old.against))
        yield Line(
            f"{old.part}, {old.case}, over the {old.against}", _ratio(old), _ratio(new),
            new is not None and _overlap(old, new) if same else None,
        )  # fmt: skip


def verdict(found: Report) -> str:
    """Of a demo, that on the shipped solution."""
    return (found.demo_verdict or found.verdict).value


def _key(case: Case) -> tuple[str, str, str | None]:
    return case.part, case.name, case.dtype


def _same(what: str, old: str, new: str) -> Line:
    return Line(what, old, new, old == new)


def _counted(what: str, both: Both, listed: Callable[[Report], Iterable[Any]], must: bool = True) -> Line:
    """How many there are, and how many of them are otherwise. must: False where they may be."""
    old, new = (Counter(listed(one)) for one in both)
    differ = max((old - new).total(), (new - old).total())
    return Line(what, f"{old.total()}", f"{new.total()}, {differ} otherwise", not differ if must else None)


def _word(mark: bool | None) -> str:
    return {True: "yes", False: "no", None: "–"}[mark]


def _overlap(old: Timing, new: Timing) -> bool:
    if None in (old.ratio_low, old.ratio_high, new.ratio_low, new.ratio_high):
        return False
    return max(old.ratio_low, new.ratio_low) <= min(old.ratio_high, new.ratio_high)  # type: ignore[type-var, operator]


def _ratio(t: Timing | None) -> str:
    if t is None or t.ratio is None or t.ratio_low is None or t.ratio_high is None:
        return "not measured"
    return f"{t.ratio:.3g} ({t.ratio_low:.3g} to {t.ratio_high:.3g})"
