"""Draws on matplotlib's figures what `tracker.plots` has numbers for. Imports no matplotlib: a figure is handed in.

Who is who can be told without colour: the solution is filled or a circle and a solid line, the yardstick hollow or a square
and dashed. What a logarithmic axis cannot show (zero, less, or beyond 1e30) is left out; the numbers beside it are all there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tracker.axes import LINE, cut, is_drawable, legend, log_axis, note, room
from tracker.page import duration, size
from tracker.report import Memory, Roof, Scaling, Timing
from tracker.svg import ANSWER, INK, MUTED, TIE, YARDSTICK

ROWS_DRAWN = 12  # inputs in one picture; the table beside it has them all
TIED = (0.97, 1.03)
_DASHES = ("-", (0, (7, 2)), (0, (2, 2)), (0, (7, 2, 2, 2)))
_MARKERS = ("o", "s", "^", "D")
_MOST_MARKS = 500
_HOLLOW = "hollow: not in the fit, too much overhead"


@dataclass(frozen=True)
class OnRoof:
    """A timed input: flops per byte, and the two rates in GFLOP/s."""

    name: str
    intensity: float
    answer: float
    yardstick: float | None
    share: float | None
    bound: str | None


def time_over_size(figure: Any, scaling: Scaling) -> None:
    points = [p for p in scaling.points if is_drawable([p.size, p.median_ns, p.yardstick_ns])]
    axes = room(figure, above=3, left=58)
    axes.set_title("time of one call")
    axes.set_xlabel(cut(scaling.parameter, 24))
    yours = [(p.size, p.median_ns, p.used) for p in points]
    theirs = [(p.size, p.yardstick_ns, p.used) for p in points]
    _arm(axes, yours, scaling.exponent, ANSWER, "o-", f"this solution: power {power(scaling)}")
    _arm(
        axes, theirs, scaling.yardstick_exponent, YARDSTICK, "s--", f"yardstick: power {scaling.yardstick_exponent:.2f}"
    )
    if not all(p.used for p in points):
        axes.plot([], [], "o", color=MUTED, mfc="none", label=_HOLLOW)
    log_axis(axes, "x", [p.size for p in points], lambda value: f"{value:,.6g}")
    log_axis(axes, "y", [time for _, time, _ in yours + theirs], lambda value: duration(round(value)))
    legend(figure)


def _arm(
    axes: Any, points: Sequence[tuple[int, int, bool]], exponent: float, colour: str, shape: str, label: str
) -> None:
    """A mark each, hollow where it is not in the fit, and the line of the fit."""
    fitted = _fitted([(size, time) for size, time, used in points if used], exponent)
    axes.plot(*_xy(fitted), shape[1:], color=colour, label=label)
    for wanted, face in ((True, colour), (False, "none")):
        placed = [(size, time) for size, time, used in points if used is wanted]
        axes.plot(*_xy(placed), shape[0], color=colour, mfc=face, markersize=7)


def _xy(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def power(scaling: Scaling) -> str:
    return f"{scaling.exponent:.2f} ({scaling.exponent_low:.2f} to {scaling.exponent_high:.2f})"


def _fitted(points: Sequence[tuple[float, float]], exponent: float) -> list[tuple[float, float]]:
    """Ends of the line with that slope through the points' middle; [] where there is none to draw."""
    if len(points) < 2 or not abs(exponent) < 9:
        return []
    x, y = (sum(math.log(point[axis]) for point in points) / len(points) for axis in (0, 1))
    return [(end, math.exp(y + exponent * (math.log(end) - x))) for end in (min(points)[0], max(points)[0])]


def lines(roof: Roof) -> list[tuple[str, float, bool]]:
    """Name, rate, whether a slope; only what a logarithmic axis can show."""
    found = [(name, rate, True) for name, rate in roof.copy_gb_per_s.items()]
    found += [(name, rate, False) for name, rate in roof.gflop_per_s.items()]
    return [line for line in found if is_drawable([line[1]])][:8]


def roofline(figure: Any, roof: Roof, points: Sequence[OnRoof]) -> None:
    shown = [p for p in points[:ROWS_DRAWN] if is_drawable([p.intensity, p.answer, p.yardstick or 1])]
    limits = lines(roof)
    axes = room(figure, above=1 + math.ceil(len(limits) / 2), below=len(shown), left=46)
    axes.set_title("GFLOP/s")
    axes.set_xlabel("flops for each byte that must move")
    low, high = _draw_limits(axes, limits, [p.intensity for p in shown])
    theirs = [(p.intensity, p.yardstick) for p in shown if p.yardstick]
    yours = [(p.intensity, p.answer) for p in shown]
    axes.plot(*_xy(yours), "o", color=ANSWER, markersize=7, zorder=3, label="this solution")
    axes.plot(*_xy(theirs), "s", color=YARDSTICK, mfc="none", markersize=7, label="yardstick")
    for number, p in enumerate(shown, 1):
        axes.annotate(str(number), (p.intensity, p.answer), (6, -4), textcoords="offset points")
        note(figure, len(shown) - number, f"{number}  {cut(p.name, 46)}")
    tops = [rate for _, rate, is_slope in limits if not is_slope]
    log_axis(axes, "y", [*(rate for _, rate in yours + theirs), *tops], lambda value: f"{value:,.4g}")
    log_axis(axes, "x", [low, high], lambda value: f"{value:,.4g}", margin=1.0)
    legend(figure, columns=2)


def _draw_limits(
    axes: Any, limits: Sequence[tuple[str, float, bool]], intensities: Sequence[float]
) -> tuple[float, float]:
    """Each slope up to the highest ceiling, each ceiling from the steepest slope on. Returns x where all corners are seen."""
    slopes = [rate for _, rate, is_slope in limits if is_slope] or [1.0]
    tops = [rate for _, rate, is_slope in limits if not is_slope] or [max(slopes)]
    corners = [top / slope for top in tops for slope in slopes]
    low, high = min([*intensities, *corners]) / 3, max([*intensities, *corners]) * 3
    number = {True: 0, False: 0}
    for name, rate, is_slope in limits:
        xs = (low, max(tops) / rate) if is_slope else (rate / max(slopes), high)
        ys = (low * rate, max(tops)) if is_slope else (rate, rate)
        label = f"{cut(name, 10)} {rate:.3g} {'GB/s' if is_slope else 'GFLOP/s'}"
        dash, colour = _DASHES[number[is_slope] % len(_DASHES)], MUTED if is_slope else INK
        axes.plot(xs, ys, linestyle=dash, color=colour, linewidth=1.6, label=label)
        number[is_slope] += 1
    return low, high


def distribution(figure: Any, timing: Timing, sets: Sequence[Sequence[float]]) -> None:
    """A row of marks for each set of processes, spread a little in height so that they do not hide each other."""
    ratios = [ratio for one in sets for ratio in one if is_drawable([ratio])]
    axes = room(figure, above=3, left=48)
    axes.set_title("set")
    axes.set_xlabel("its time over the other's; left is faster")
    axes.axvspan(*TIED, color=TIE, linewidth=0, label=f"a tie: {TIED[0]} to {TIED[1]}")
    low, high = _span(ratios, timing)
    every = math.ceil(len(ratios) / _MOST_MARKS) or 1
    for row, one in enumerate(sets):
        xs = [min(max(ratio, low), high) for ratio in one[::every] if is_drawable([ratio])]
        ys = [row + 0.5 * (place * 0.618034 % 1 - 0.5) for place in range(len(xs))]
        axes.plot(xs, ys, _MARKERS[row % len(_MARKERS)], color=ANSWER, mfc="none", markersize=5, clip_on=False)
    _draw_interval(axes, timing)
    axes.plot([], [], " ", label=_marks_in_words(every, sum(not low <= ratio <= high for ratio in ratios)))
    axes.set_xlim(low, high)
    axes.set_ylim(len(sets) - 0.5, -0.5)
    axes.set_yticks(range(len(sets)), [str(number) for number in range(1, len(sets) + 1)])
    axes.locator_params(axis="x", nbins=6)
    axes.grid(axis="y", visible=False)
    legend(figure)


def _draw_interval(axes: Any, timing: Timing) -> None:
    middle, low, high = timing.ratio, timing.ratio_low, timing.ratio_high
    if middle is None or low is None or high is None or not is_drawable([middle, low, high]):
        return
    axes.axvline(middle, color=INK, linewidth=2, label=f"median {ratio_in_digits(middle)} {interval(timing)}")
    for edge in (low, high):
        axes.axvline(edge, color=INK, linewidth=1.2, linestyle=":")


def interval(timing: Timing) -> str:
    """'(1.40 to 1.44)', or '' where there is none."""
    if timing.ratio_low is None or timing.ratio_high is None:
        return ""
    return f"({ratio_in_digits(timing.ratio_low)} to {ratio_in_digits(timing.ratio_high)})"


def ratio_in_digits(ratio: float) -> str:
    """Three digits, zeros at the end too."""
    return f"{ratio:#.3g}".removesuffix(".")


def _marks_in_words(every: int, outside: int) -> str:
    words = "a mark is a block" if every == 1 else f"a mark is one block of {every}"
    return words + (f"; {outside} beyond the edge" if outside else "")


def _span(ratios: Sequence[float], timing: Timing) -> tuple[float, float]:
    """From left to right edge: the ratios but a few far ones, the interval, and the tie zone unless that lies far off."""
    middle = median(ratios or [1.0])
    shown = [ratio for ratio in ratios if middle / 1.5 <= ratio <= middle * 1.5] or [middle]
    ends = (timing.ratio_low, timing.ratio_high)
    shown += [edge for edge in ends if edge is not None and middle / 3 <= edge <= middle * 3]
    shown += list(TIED) if 0.5 <= middle <= 2 else []
    margin = 0.05 * (max(shown) - min(shown)) or 0.05 * middle
    return min(shown) - margin, max(shown) + margin


def memory_bars(figure: Any, memory: Sequence[Memory]) -> None:
    high = figure.get_figheight() * 72
    axes = figure.add_axes((0.01, 4 / high, 0.98, (high - 3 * LINE - 4) / high))
    axes.set_axis_off()
    for row, one in enumerate(memory):
        _bars(axes, row, one, named=row == 0)
    ends = [(row, _shares(one)[2]) for row, one in enumerate(memory) if one.io_bytes]
    axes.vlines([x for _, x in ends], [row + 0.26 for row, _ in ends], [row + 0.93 for row, _ in ends],
                color=INK, linestyle="--", linewidth=2, label="inputs and results")  # fmt: skip
    axes.set_xlim(0, 1.28)
    axes.set_ylim(max(len(memory), 1), 0)
    legend(figure, columns=2)


def _bars(axes: Any, row: int, one: Memory, named: bool) -> None:
    axes.text(0, row + 0.13, cut(f"{one.case} ({one.part})", 46), va="center")
    arms = (
        (one.peak_bytes, ANSWER, ANSWER, "this solution"),
        (one.yardstick_peak_bytes, YARDSTICK, "none", "yardstick"),
    )
    for (held, colour, face, label), share, y in zip(arms, _shares(one), (row + 0.42, row + 0.77), strict=False):
        axes.barh(y, share, 0.26, color=face, edgecolor=colour, linewidth=1.6, label=label if named else None)
        axes.text(share + 0.015, y, size(held), va="center")


def _shares(one: Memory) -> tuple[float, float, float]:
    """The three sizes as shares of the largest: every input has its own scale."""
    sizes = (one.peak_bytes, one.yardstick_peak_bytes, one.io_bytes or 0)
    most = max(*sizes, 1)
    yours, theirs, both = (max(held, 0) / most for held in sizes)
    return yours, theirs, both
