"""How time grows with size: exponents of a power law from a series of timings, and what they say. Pure.

Slopes are Theil and Sen's, the median over all pairs of sizes; their intervals come from the sets of processes, each of
which gives one slope. That of the answer's exponent takes in the slope between any two sizes, Sen's own interval for so
few points (Sen 1968, https://doi.org/10.1080/01621459.1968.10480934): where the times follow no power law, it says so.
Python's overhead flattens the small sizes, the more the more calls an answer makes, so growth is judged on the larger
ones, against the spec's cost and against the yardstick in the same blocks (measuring.md, C21).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, log

from harness.intervals import TOO_FEW, Interval, hodges_lehmann, median, pair_slopes, theil_sen
from harness.samples import Timed
from tracker.report import Point, Scaling

MOST_NULL_SHARE = 0.3  # of the yardstick's block: a size with more overhead than that says little of the algorithm
LARGER = 3  # sizes, on which growth is judged; no fewer can be judged
TOO_STEEP = 0.3  # above both: caches bent a linear kernel to 1.15; half of what parts n from n^1.6


def scaling(series: Sequence[Timed]) -> Scaling | None:
    """From the timings against the yardstick at each size, smallest first; None with too few sizes that can be used."""
    used = [t for t in series if median(t.samples.null_share) <= MOST_NULL_SHARE]
    if len(used) < LARGER:
        return None
    larger = used[-LARGER:]
    own, theirs, expected = _slopes(used, _own), _slopes(used, _theirs)[1], _expected(used)
    enough = max(_slopes(larger, _theirs)[1], _expected(larger))
    excess = tuple(slope - enough for slope in _slopes(larger, _own))
    verdict = "too fast" if excess[0] > TOO_STEEP else "as it should" if excess[2] < TOO_STEEP else "cannot tell"
    main = next(t for t in series if t.main)
    pairs = pair_slopes([log(t.size or 1) for t in used], [log(median(t.samples.per_call_ns["answer"])) for t in used])
    parameter = str(main.parameter)
    return Scaling(
        case=main.case, part=main.part, parameter=parameter, points=tuple(_point(t, t in used) for t in series),
        exponent=round(own[1], 3), exponent_low=round(min(own[0], *pairs), 3), exponent_high=round(max(own[2], *pairs), 3),
        yardstick_exponent=round(theirs, 3), expected=round(expected, 3), excess=round(excess[1], 3),
        excess_low=round(excess[0], 3), excess_high=round(excess[2], 3), verdict=verdict,  # type: ignore[arg-type]
        words=_words(parameter, verdict, own, enough, excess),
    )  # fmt: skip


def _words(parameter: str, verdict: str, own: Interval, enough: float, excess: Sequence[float]) -> str:
    """'the time grows as n^2.0 at the larger sizes: quadratic in n, where linear is enough'."""
    steep = enough + excess[1]
    if verdict == "too fast":
        return f"the time grows as {parameter}^{steep:.1f} at the larger sizes: {_degree(steep)} in {parameter}, where {_degree(enough)} is enough"
    if verdict == "cannot tell":
        return f"the time grows as {parameter}^{own[1]:.1f}, too uncertain at the larger sizes to say whether that is too fast"
    return f"the time grows as {parameter}^{own[1]:.1f}, no faster than it should"


def _degree(exponent: float) -> str:
    names = {0: "constant", 1: "linear", 2: "quadratic", 3: "cubic"}
    nearest = round(exponent)
    return names[nearest] if nearest in names and abs(exponent - nearest) < 0.25 else f"a power of {exponent:.1f}"


def _own(t: Timed, number: int) -> float:
    """The answer's time in that set: what the yardstick took over all sets, times the set's own ratio."""
    return _theirs(t, number) * median(t.samples.sets["yardstick"][number])


def _theirs(t: Timed, number: int) -> float:
    return median(t.samples.per_call_ns["yardstick"])


def _slopes(used: Sequence[Timed], value: Callable[[Timed, int], float]) -> Interval:
    """The exponent in each set of processes that timed every size, and what they agree on."""
    sets = range(min(len(t.samples.sets["yardstick"]) for t in used))
    whole = [n for n in sets if all(t.samples.sets["yardstick"][n] for t in used)]
    slopes = [theil_sen([log(t.size or 1) for t in used], [log(value(t, n)) for t in used]) for n in whole]
    if len(slopes) >= TOO_FEW:
        return hodges_lehmann(slopes)
    return (min(slopes), median(slopes), max(slopes)) if slopes else (-inf, 0.0, inf)


def _expected(used: Sequence[Timed]) -> float:
    """The exponent of the spec's cost over these sizes: of its operations, or of its bytes where these grow faster."""
    sizes = [log(t.size or 1) for t in used]
    return max(theil_sen(sizes, [log(amount(t)) for t in used]) for amount in (_flops, _bytes))


def _flops(t: Timed) -> float:
    return t.flops


def _bytes(t: Timed) -> float:
    return t.bytes_moved


def _point(t: Timed, used: bool) -> Point:
    low, middle, high = t.interval
    return Point(
        size=t.size or 0, median_ns=round(median(t.samples.per_call_ns["answer"])),
        yardstick_ns=round(median(t.samples.per_call_ns["yardstick"])), ratio=round(middle, 4), ratio_low=round(low, 4),
        ratio_high=round(high, 4), used=used,
    )  # fmt: skip
