"""Is one answer faster than another? Both run beside each other in the same blocks, and both must be right.

B is judged against A: a ratio below 1 says that B takes less time. Reads reports and files; writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness import answer, calls, clock, fit, judge, run, schedule
from harness.answer import Source
from harness.catalog import Shipped, SpecBroken
from harness.handle import WorkerEnd
from harness.intervals import TOO_FEW, Interval, median, pooled
from harness.judge import Judge
from harness.samples import Samples, Timed, tie_zone, verdict
from harness.session import Session, session
from tracker import report, workspace
from tracker.bar import Say
from tracker.errors import UserError
from tracker.workspace import Workspace


@dataclass(frozen=True)
class Side:
    """One of the two: what to call it, and its source. A report also knows its exercise and backend."""

    name: str
    source: Source
    backend: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What B is against A, over all timings: `ratio` is the geometric mean of theirs. None where nothing was timed."""

    exercise: str
    a: str
    b: str
    verdict: str  # faster, slower, same, cannot tell
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    zone: float = 0.0
    confidence: float = 0.95
    sets: int = 0
    seconds: float = 0.0
    stopped: str = ""
    timings: tuple[Timed, ...] = ()
    message: str = ""


def side(place: Workspace, text: str, exercise: str | None, backend: str) -> Side:
    """From a report, a .py file or an answer's folder. Raises UserError."""
    path = Path(text)
    if path.suffix == ".json":
        if not path.is_file():
            raise UserError(f"{path} is not a file", "give a report, reports/<exercise>/<time>.json")
        return from_report(path)
    if exercise is None:
        raise UserError(f"which exercise does {text} answer?", "say --exercise ID")
    source = answer.from_path(exercise, path, backend)
    shipped = Shipped(exercise, workspace.exercise_folder(place, exercise))
    return Side(text, source.using(run.used(place, shipped, backend)))


def from_report(path: Path) -> Side:
    """The source that a report keeps, under the report's name."""
    found = report.load(path.read_text("utf-8"))
    return Side(path.name, answer.from_report(found), found.backend)


def own_sides(place: Workspace, exercise: str, backend: str, *, baseline: bool) -> tuple[Side, Side]:
    """Today's impls/<exercise>/ as B, and as A its last graded version, or the saved baseline. Raises UserError."""
    shipped = Shipped(exercise, workspace.exercise_folder(place, exercise))
    own = answer.from_folder(exercise, place.impls / exercise, backend)
    if own is None:
        raise UserError(f"there is no impls/{exercise}/{exercise}.py", f"tracker start {exercise}")
    now = own.using(run.used(place, shipped, backend))
    folder = place.reports / exercise
    if baseline:
        kept = folder / f"baseline-{backend}.json"
        if not kept.is_file():
            raise UserError(f"no baseline of {exercise} is kept", f"harness bench {exercise} --save-baseline")
        return from_report(kept), Side(f"impls/{exercise}", now)
    for path in sorted(folder.glob(f"*-{backend}-*.json"), reverse=True):
        before = from_report(path)
        if before.source.files != now.files:
            return before, Side(f"impls/{exercise}", now)
    raise UserError(
        f"no report of an earlier version of {exercise} is there to compare with",
        f"harness run {exercise} writes one; or compare two files: harness compare A.py B.py --exercise {exercise}",
    )


def compare(
    place: Workspace, a: Side, b: Side, backend: str, *, budget_s: float = 30.0, sandbox: str = "process",
    threads: int = 1, say: Say = lambda what, share: None,
) -> Comparison:  # fmt: skip
    """Grade both, then time what both have right until there is an answer or the budget is used."""
    exercise = b.source.exercise
    if a.source.exercise != exercise:
        raise UserError(f"{a.name} answers {a.source.exercise}, {b.name} {exercise}", "compare answers to one exercise")
    shipped = Shipped(exercise, workspace.exercise_folder(place, exercise))
    device = fit.device_for(backend, "cpu", sandbox=sandbox)
    with session(backend, device, sandbox=sandbox) as opened:
        seed = calls.fresh_seed()
        right = [_right_parts(shipped, one, opened, seed, say) for one in (a, b)]
        empty = Comparison(exercise, a.name, b.name, "cannot tell")
        for name, (parts, words) in zip((a.name, b.name), right, strict=True):
            if not parts:
                return replace(empty, message=f"{name} is not right, so it is not timed: {words}")
        both = right[0][0] & right[1][0]
        plans = [_against(p, a) for p in schedule.plan(shipped, b.source, backend, series=False) if p.part.name in both]
        if not plans:
            return replace(empty, message=f"{exercise} times nothing that both have right")
        setting = replace(opened.setting, threads=threads)
        try:
            found = clock.measure(
                shipped, plans, setting, seed, budget_s, lambda share: say("timing", share), is_enough=_is_decided
            )
        except (clock.WrongOutput, clock.TooSlow, clock.Unfit, WorkerEnd) as error:
            return replace(empty, message=f"{_whose(error, a, b)}: {error}")
    return _found(empty, found)


def _against(one: schedule.Plan, a: Side) -> schedule.Plan:
    """The plan with A as a judged arm; the yardstick stays, as it sets the number of calls and vouches for outputs."""
    sources = {"answer": one.sources["answer"], "yardstick": one.sources["yardstick"], "other": a.source}
    return replace(one, others={"other": a.name}, sources=sources)


def _right_parts(shipped: Shipped, one: Side, opened: Session, seed: int, say: Say) -> tuple[set[str], str]:
    """The parts of an answer that pass every check, and why there are none."""
    reference = opened.shared(shipped, shipped.reference_for(opened.setting.backend))
    try:
        own, loaded = opened.open(shipped, one.source)
        if loaded.status != "done":
            return set(), f"it does not load: {loaded.words}"
        grade = judge.grade(
            Judge(shipped, own, reference, seed), None, lambda n, total: say(f"grading {one.name}", n / max(total, 1))
        )
    except WorkerEnd as end:
        return set(), end.words
    if grade.verdict not in ("passed", "failed", "not written yet"):
        return set(), grade.words
    return grade.right(shipped.exercise), grade.words


def _whose(error: Exception, a: Side, b: Side) -> str:
    return a.name if getattr(error, "arm", "answer") == "other" else b.name


def over_all(samples: Sequence[Samples]) -> Interval:
    """The geometric mean over timings of the ratio B over A, set by set, and what the sets agree on."""
    sets = min(len(s.sets["other"]) for s in samples)
    means = []
    for number in range(sets):
        medians = [median(s.sets["other"][number]) for s in samples if s.sets["other"][number]]
        means.append([math.exp(sum(map(math.log, medians)) / len(medians))] if medians else [])
    return pooled(means)


def zone_of(samples: Sequence[Samples]) -> float:
    return max(tie_zone(median(s.per_call_ns["other"])) for s in samples)


def _is_decided(samples: Sequence[Samples]) -> bool:
    """With fewer sets the interval is a range of theirs, and decides nothing."""
    if any(len(s.sets.get("other", [])) < TOO_FEW for s in samples):
        return False
    return verdict(over_all(samples), zone_of(samples)) != "cannot tell"


def _found(empty: Comparison, found: clock.Measured) -> Comparison:
    samples = [t.samples for t in found.timed]
    if not samples:
        raise SpecBroken("nothing was timed")
    low, middle, high = over_all(samples)
    zone = zone_of(samples)
    return replace(
        empty, verdict=verdict((low, middle, high), zone), ratio=round(middle, 4), ratio_low=round(low, 4),
        ratio_high=round(high, 4), zone=zone, sets=found.sets, seconds=round(found.seconds, 2),
        stopped=found.timed[0].stopped, timings=found.timed,
    )  # fmt: skip
