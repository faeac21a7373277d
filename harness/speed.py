"""Speed marks, and timings, growth and memory as the report has them, from what the clock measured. Starts no process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from harness import clock, conditions, portable, roof, scaling, schedule
from harness.answer import Source
from harness.catalog import Shipped
from harness.clock import Measured
from harness.driven import Setting
from harness.intervals import Interval, median
from harness.samples import Timed, mark
from tracker.report import Conditions, Memory, Roof, Scaling, Timing

EFFICIENT, EXPERT = 3.0, 1.05  # at most so many times the yardstick's time, the library's time
HALF_THE_ROOF = 0.5
PAST_THE_ROOF = 1.25  # more than the machine can do: the roof was measured once, on another minute
NO_LIBRARY = "no library call to compare with, and no roof"
MORE_BUDGET = 3  # once, where an interval lies across the line


@dataclass(frozen=True)
class Speed:
    """What was measured, the two marks by speed with a note each, and what a person should look at ('' if nothing)."""

    timings: tuple[Timing, ...] = ()
    scalings: tuple[Scaling, ...] = ()
    memory: tuple[Memory, ...] = ()
    roof: Roof | None = None
    conditions: Conditions | None = None
    efficient: bool | None = None
    expert: bool | None = None
    notes: tuple[tuple[str, str], ...] = ()
    review: str = ""

    @property
    def is_open(self) -> bool:
        """Could more time settle a mark? None can where there is nothing to compare with."""
        return self.efficient is None or (self.expert is None and ("expert", NO_LIBRARY) not in self.notes)


def measure(
    shipped: Shipped,
    source: Source,
    setting: Setting,
    seed: int,
    budget_s: float,
    fit: Callable[[str], bool],
    progress: Callable[[float], None] = lambda share: None,
) -> Speed:
    """Time the parts for which `fit(part)` holds. Raises clock.WrongOutput, clock.Unfit, handle.WorkerEnd."""
    plans = [p for p in schedule.plan(shipped, source, setting.backend) if fit(p.part.name)]
    if not plans:
        return Speed(notes=(("efficient", "no timing asked for"),) if not shipped.exercise.timings else ())
    progress(0.0)  # the roof is measured first on a machine that has none yet
    if setting.portable:
        return _advisory(clock.measure(shipped, plans, setting, seed, budget_s, progress))
    above = roof.of_this_machine(setting)
    before = conditions.now()
    found = clock.measure(shipped, plans, setting, seed, budget_s, progress)
    if _is_too_low(above, found):
        above = roof.raised(above)
    speed = judged(found, above)
    if speed.is_open:
        found = clock.measure(shipped, plans, setting, seed ^ 2, budget_s * MORE_BUDGET, progress)
        speed = judged(found, above)
    return replace(speed, roof=above, conditions=conditions.between(before, conditions.now(), found))


def _advisory(found: Measured) -> Speed:
    """Figures to look at, which earn no mark."""
    speed = judged(found, None)
    notes = (("efficient", portable.ADVISORY), ("expert", portable.ADVISORY))
    return Speed(speed.timings, speed.scalings, notes=notes)


def _is_too_low(above: Roof, found: Measured) -> bool:
    """Did a shipped solution go past the roof?"""
    for t in found.timed:
        share, _ = roof.share(above, t.flops, t.bytes_moved, t.dtype, median(t.samples.per_call_ns[t.against]))
        if t.main and share is not None and share > 1:
            return True
    return False


def judged(found: Measured, above: Roof | None) -> Speed:
    """Timings, growth and memory as the report has them, with the marks that follow and what a person should look at."""
    mains = [t for t in found.timed if t.main]
    timings = tuple(as_timing(t, above) for t in mains)
    scalings = tuple(grown(found.timed))
    efficient, expert, notes = marks(timings, scalings)
    return Speed(
        timings, scalings, tuple(peaks(mains)), efficient=efficient, expert=expert, notes=notes,
        review=_review(mains, timings),
    )  # fmt: skip


def marks(
    timings: Sequence[Timing], scalings: Sequence[Scaling]
) -> tuple[bool | None, bool | None, tuple[tuple[str, str], ...]]:
    """efficient, expert, and a note on each: every ratio and every growth on the good side; the library's time or half the roof."""
    efficient, why = mark([interval_of(t) for t in timings if t.against == "yardstick"], EFFICIENT)
    steep = [s for s in scalings if s.verdict == "too fast"]
    if efficient is not False and steep:
        efficient, why = False, steep[0].words
    expert, why_not = _expert(timings)
    notes = (("efficient", why), ("expert", why_not))
    return efficient, expert, tuple((name, words) for name, words in notes if words)


def interval_of(timing: Timing) -> Interval:
    """Of its ratio; nothing measured is an interval that says nothing."""
    low, middle, high = timing.ratio_low, timing.ratio, timing.ratio_high
    return (low, middle, high) if low is not None and middle is not None and high is not None else (0.0, 1.0, inf)


def _expert(timings: Sequence[Timing]) -> tuple[bool | None, str]:
    """Each timing is good where it is as fast as the library, or reaches half of the roof."""
    by_library = {(t.part, t.case): interval_of(t) for t in timings if t.against == "library"}
    shares = {(t.part, t.case): t.roof_share for t in timings if t.against == "yardstick"}
    short = [place for place, share in shares.items() if share is None or share < HALF_THE_ROOF]
    if not short:
        return bool(shares) or None, ""
    if all(place not in by_library for place in short):
        told = [share for place, share in shares.items() if place in short and share is not None]
        return (False, f"{min(told):.0%} of this machine's roof") if told else (None, NO_LIBRARY)
    value, why = mark([by_library[place] for place in short if place in by_library], EXPERT)
    if value and any(place not in by_library for place in short):
        worst = min(shares[place] or 0.0 for place in short if place not in by_library)
        return False, f"{worst:.0%} of this machine's roof where there is no library call to compare with"
    return value, why


def _review(mains: Sequence[Timed], timings: Sequence[Timing]) -> str:
    """What no honest answer is likely to do, for a person to look at."""
    for t in mains:
        if t.against == "yardstick" and t.interval[2] < clock.TOO_GOOD:
            return f"{t.case} took less than a tenth of the fastest shipped solution's time"
    for timing in timings:
        past = timing.roof_share is not None and timing.roof_share > PAST_THE_ROOF
        if past and timing.ratio is not None and timing.ratio * PAST_THE_ROOF < 1:
            return f"{timing.case} did {timing.roof_share:.1f} times what this machine can do"
    return ""


def grown(timed: Sequence[Timed]) -> Iterator[Scaling]:
    """One for each timing with a series of sizes."""
    series: dict[tuple[str, str], list[Timed]] = {}
    for t in timed:
        if t.parameter is not None and t.against == "yardstick":
            series.setdefault((t.part, t.series), []).append(t)
    for one in series.values():
        found = scaling.scaling(sorted(one, key=lambda t: t.size or 0))
        if found is not None:
            yield found


def peaks(mains: Sequence[Timed]) -> Iterator[Memory]:
    """The median over the rounds that measured memory."""
    for t in mains:
        seen = t.samples.peaks
        if t.against == "yardstick" and seen.get("answer") and seen.get("yardstick"):
            yield Memory(t.case, t.part, round(median(seen["answer"])), round(median(seen["yardstick"])), t.bytes_moved)


def as_timing(t: Timed, above: Roof | None = None) -> Timing:
    """One comparison as the report holds it; ratios with four decimals, which is finer than any interval."""
    low, middle, high = t.interval
    walls, delays = sum(t.samples.wall_ns["answer"]), sum(t.samples.delay_ns["answer"])
    own_ns = median(t.samples.per_call_ns["answer"])
    share, bound = roof.share(above, t.flops, t.bytes_moved, t.dtype, own_ns) if above else (None, None)
    return Timing(
        case=t.case, part=t.part, dtype=t.dtype, against=t.against, against_name=t.against_name,  # type: ignore[arg-type]
        ratio=round(middle, 4), ratio_low=round(low, 4), ratio_high=round(high, 4),
        verdict=t.verdict if t.verdict != "same" else "cannot tell",  # type: ignore[arg-type]
        median_ns=round(own_ns), against_median_ns=round(median(t.samples.per_call_ns[t.against])),
        wall_ratio=round(median(t.samples.wall_ratios[t.against]), 4), delay_share=round(min(delays / walls, 1.0), 4) if walls else None,
        calls_per_block=t.samples.calls_per_block, blocks=len(t.ratios), processes=t.samples.begun,
        stopped=t.stopped, flops=t.flops, bytes=t.bytes_moved, ratios=tuple(round(r, 4) for r in t.ratios),  # type: ignore[arg-type]
        clock=t.samples.clock, sets=tuple(len(one) for one in t.samples.sets[t.against]),  # type: ignore[arg-type]
        gflop_per_s=round(t.flops / own_ns, 3), gb_per_s=round(t.bytes_moved / own_ns, 3), roof_share=share, bound=bound,  # type: ignore[arg-type]
        samples_ns=tuple(map(round, t.samples.per_call_ns["answer"])),
        against_samples_ns=tuple(map(round, t.samples.per_call_ns[t.against])),
    )  # fmt: skip
