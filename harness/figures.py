"""Do a report's figures of speed follow from each other, and from the spec? Pure; times nothing.

Whoever edits a ratio must edit the samples under it, the rates beside it and the marks above it too. All of them
together can be invented: only timing again (`harness verify --timing`, on the same machine) speaks about that.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise

import numpy as np

from harness import roof, samples, spec, speed
from harness.intervals import median, pooled
from harness.scaling import TOO_STEEP
from tracker.report import Report, Roof, Scaling, Timing, Verdict

STEP = 1e-4  # ratios are written with four decimals
WITHOUT_SPEED = ("efficient", "expert")


def faults(found: Report, exercise: spec.Exercise) -> list[str]:
    """What does not follow, in words; none for a report that nobody touched."""
    told = [*_missing(found, exercise), *_marks(found)]
    for timing in found.timings:
        known = [t for t in exercise.timings if _place(t, exercise) == (timing.part, timing.case)]
        told += [f"{timing.case}: {words}" for words in [*_sampled(timing), *_priced(timing, known, found)]]
    return told + [f"{one.case}: {words}" for one in found.scalings for words in _grown(one)]


def _missing(found: Report, exercise: spec.Exercise) -> Iterator[str]:
    """Every timing of every part that is right, or none."""
    right = {part.name for part in exercise.parts} - {case.part for case in found.cases if not case.passed}
    timed = {(t.part, t.case) for t in found.timings if t.against == "yardstick"}
    if found.timings and found.verdict is Verdict.PASSED:
        wanted = [_place(t, exercise) for t in exercise.timings]
        yield from (f"{case} was not timed" for part, case in wanted if part in right and (part, case) not in timed)


def _place(t: spec.Timing, exercise: spec.Exercise) -> tuple[str, str]:
    return exercise.part(t.part).name, t.case.name


def _marks(found: Report) -> Iterator[str]:
    values = [found.marks.get(name) for name in WITHOUT_SPEED]  # type: ignore[call-overload]
    if not found.timings:
        if True in values:
            yield "a mark by speed, and nothing was timed"
    elif all(t.clock == "wall" for t in found.timings):  # portable mode
        if values != [None, None]:
            yield "a mark by speed, and the times are the wall clock's"
    elif found.verdict in (Verdict.PASSED, Verdict.FAILED, Verdict.NOT_WRITTEN_YET):
        *expected, _ = speed.marks(found.timings, found.scalings)
        yield from (
            f"the mark {name} does not follow from the timings"
            for name, value, right in zip(WITHOUT_SPEED, values, expected, strict=True)
            if value is not right
        )


def _sampled(t: Timing) -> Iterator[str]:
    """From the samples to the ratio, its interval and the word for it."""
    own, other = t.samples_ns, t.against_samples_ns
    if not own or min(*own, *other, 1) < 1 or not len(own) == len(other) == len(t.ratios) == t.blocks == sum(t.sets):
        yield "its samples are not all there"
        return
    if any(abs(r - a / b) > r * (1 / a + 1 / b) + STEP for r, a, b in zip(t.ratios, own, other, strict=True)):
        yield "its ratios are not those of its samples"
    bounds = accumulate(t.sets, initial=0)
    expected = pooled([t.ratios[begin:end] for begin, end in pairwise(bounds)])
    if any(abs(a - b) > 2 * STEP * max(1, b) for a, b in zip(speed.interval_of(t), expected, strict=True)):
        yield "its interval is not that of its ratios"
    if _off(t.median_ns, median(own), 1) or _off(t.against_median_ns, median(other), 1):
        yield "its times are not those of its samples"
    if t.verdict not in _verdicts(t):
        yield f"{t.verdict!r} does not follow from its interval"


def _verdicts(t: Timing) -> set[str]:
    """The word for its interval; two where rounding has hidden on which side it lies."""
    low, middle, high = speed.interval_of(t)
    zones = {samples.tie_zone(max((t.against_median_ns or 0) + off, 0)) for off in (-1, 1)}
    words = {
        samples.verdict((low + a, middle, high + b), zone)
        for zone in zones
        for a in (-STEP, STEP)
        for b in (-STEP, STEP)
    }
    return {word if word != "same" else "cannot tell" for word in words}


def _priced(t: Timing, known: list[spec.Timing], found: Report) -> Iterator[str]:
    """From the spec's cost and the time to the rates and the share of the roof."""
    if not known or t.dtype != known[0].dtype:
        yield "the exercise has no such timing"
        return
    cost = known[0].cost(itemsize=np.dtype(known[0].dtype).itemsize, **known[0].case.params)
    if (t.flops, t.bytes) != (float(cost.flops), float(cost.bytes_moved)):
        yield "it does not cost that many operations or bytes"
    ns = max(t.median_ns or 1, 1)
    rates = (t.gflop_per_s, cost.flops / ns), (t.gb_per_s, cost.bytes_moved / ns)
    if any(_off(rate, expected, expected / ns + 1e-3) for rate, expected in rates):
        yield "its rates are not those of its time"
    share, bound = _share(found.roof, cost, known[0].dtype, ns)
    missing = (share is None) is not (t.roof_share is None)
    if missing or t.bound != bound or _off(t.roof_share or 0.0, share or 0.0, (share or 0.0) / ns + STEP):
        yield "its share of the roof is not that of its time"


def _share(above: Roof | None, cost: spec.Cost, dtype: str, ns: int) -> tuple[float | None, str | None]:
    if above is None or min(above.copy_gb_per_s.get(name, 0.0) for name in ("cache", "memory")) <= 0:
        return None, None
    return roof.share(above, cost.flops, cost.bytes_moved, dtype, ns)


def _grown(s: Scaling) -> Iterator[str]:
    """From the interval of the growth to its verdict."""
    known = "too fast" if s.excess_low > TOO_STEEP else "as it should" if s.excess_high < TOO_STEEP else "cannot tell"
    near = min(abs(s.excess_low - TOO_STEEP), abs(s.excess_high - TOO_STEEP)) <= 1e-3
    if s.verdict != known and not near:
        yield f"growth {s.verdict!r} does not follow from its exponents"


def _off(value: float | None, expected: float, by: float) -> bool:
    return value is None or not abs(value - expected) <= by
