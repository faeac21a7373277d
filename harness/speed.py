"""Speed marks and timings as the report has them, from what the clock measured. Starts no process itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness import clock, schedule
from harness.answer import Source
from harness.catalog import Shipped
from harness.driven import Setting
from harness.intervals import median
from harness.samples import Timed, mark
from tracker.report import Timing

EFFICIENT, EXPERT = 3.0, 1.05  # at most so many times the yardstick's time, the library's time
MORE_BUDGET = 3  # once, where an interval lies across the line


@dataclass(frozen=True)
class Speed:
    """The timings, the two marks by speed with a note each, and what a person should look at ('' if nothing)."""

    timings: tuple[Timing, ...] = ()
    efficient: bool | None = None
    expert: bool | None = None
    notes: tuple[tuple[str, str], ...] = ()
    review: str = ""


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
    timed = clock.measure(shipped, plans, setting, seed, budget_s, progress)
    if _marks(timed)[0][0] is None or (_marks(timed)[1][0] is None and _against(timed, "library")):
        timed = clock.measure(shipped, plans, setting, seed ^ 2, budget_s * MORE_BUDGET, progress)
    (efficient, why), (expert, why_not) = _marks(timed)
    notes = [("efficient", why)] if why else []
    notes += [("expert", why_not)] if why_not else []
    too_good = [t for t in _against(timed, "yardstick") if t.interval[2] < clock.TOO_GOOD]
    review = (
        f"{too_good[0].timing.case.name} took less than a tenth of the fastest shipped solution's time"
        if too_good
        else ""
    )
    return Speed(tuple(as_timing(t) for t in timed), efficient, expert, tuple(notes), review)


def _against(timed: Sequence[Timed], whom: str) -> list[Timed]:
    return [t for t in timed if t.against == whom]


def _marks(timed: Sequence[Timed]) -> tuple[tuple[bool | None, str], tuple[bool | None, str]]:
    library = _against(timed, "library")
    efficient = mark([t.interval for t in _against(timed, "yardstick")], EFFICIENT)
    expert = mark([t.interval for t in library], EXPERT) if library else (None, "no library call to compare with")
    return efficient, expert


def as_timing(t: Timed) -> Timing:
    """One comparison as the report holds it; ratios with four decimals, which is finer than any interval."""
    low, middle, high = t.interval
    walls, delays = sum(t.samples.wall_ns["answer"]), sum(t.samples.delay_ns["answer"])
    return Timing(
        case=t.timing.case.name, part=t.part, dtype=t.timing.dtype, against=t.against, against_name=t.against_name,  # type: ignore[arg-type]
        ratio=round(middle, 4), ratio_low=round(low, 4), ratio_high=round(high, 4), verdict=t.verdict,  # type: ignore[arg-type]
        median_ns=round(median(t.samples.per_call_ns["answer"])),
        against_median_ns=round(median(t.samples.per_call_ns[t.against])),
        wall_ratio=round(median(t.samples.wall_ratios[t.against]), 4), delay_share=round(delays / walls, 4) if walls else None,
        calls_per_block=t.samples.calls_per_block, blocks=len(t.ratios), processes=clock.PROCESS_SETS,
        stopped=t.stopped, flops=float(t.cost.flops), bytes=float(t.cost.bytes_moved),  # type: ignore[arg-type]
        ratios=tuple(round(r, 4) for r in t.ratios),
    )  # fmt: skip
