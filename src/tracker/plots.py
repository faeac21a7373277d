"""What was measured, as pictures and as the numbers behind them: from a report's floats to SVG. Measures nothing.

matplotlib (the extra `plots`) is loaded only when a picture is drawn; without it a plot is its numbers alone. Names
come from specs and learners: they are cut to what fits, and are never more than text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from tracker import pictures, svg
from tracker.axes import LINE
from tracker.page import duration, size
from tracker.pictures import OnRoof, interval, power, ratio_in_digits
from tracker.report import Memory, Roof, Scaling, Timing


@dataclass(frozen=True)
class Plot:
    """`svg` stands in a page as it is ('' where matplotlib is missing); the other fields are words still to be escaped."""

    svg: str
    title: str
    alt: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def time_over_size(scaling: Scaling) -> Plot:
    """Both axes logarithmic: a power law is a straight line, and its exponent the line's slope."""
    title = f"Time over size: {scaling.case} ({scaling.part})"
    alt = (
        f"Time of a call over {scaling.parameter}, both logarithmic, {len(scaling.points)} sizes. "
        f"This solution's grows with the power {power(scaling)}, the yardstick's with {scaling.yardstick_exponent:.2f}."
    )
    head = (scaling.parameter, "this solution", "yardstick", "ratio (95% interval)", "in the fit")
    rows = tuple(
        (f"{p.size:,}", duration(p.median_ns), duration(p.yardstick_ns),
         f"{ratio_in_digits(p.ratio)} ({ratio_in_digits(p.ratio_low)} to {ratio_in_digits(p.ratio_high)})",
         "yes" if p.used else "no: too much overhead")
        for p in scaling.points
    )  # fmt: skip
    picture = svg.drawn(320, title, alt, lambda figure: pictures.time_over_size(figure, scaling))
    return Plot(picture, title, alt, head, rows)


def roofline(roof: Roof, timings: Sequence[Timing]) -> Plot:
    """How fast each input ran beside what this machine allows at its intensity (flops for each byte that must move)."""
    points = list(_on_the_roof(timings))
    title = f"Roofline of this machine: {roof.device}, {roof.threads} thread{'s' * (roof.threads != 1)}"
    ceilings = ", ".join(f"{name} {rate:.4g} GFLOP/s" for name, rate in roof.gflop_per_s.items())
    slopes = ", ".join(f"{name} {rate:.3g} GB/s" for name, rate in roof.copy_gb_per_s.items())
    alt = (
        f"GFLOP/s over flops per byte, both logarithmic. Ceilings: {ceilings}. Slopes: {slopes}. {len(points)} inputs."
    )
    head = ("number", "input", "flops per byte", "this solution", "yardstick", "of the roof", "bound by")
    rows = tuple((str(number), *_roof_row(point)) for number, point in enumerate(points, 1))
    high = 300 + LINE * (len(points[: pictures.ROWS_DRAWN]) + math.ceil(len(pictures.lines(roof)) / 2))
    picture = svg.drawn(high, title, alt, lambda figure: pictures.roofline(figure, roof, points))
    return Plot(picture, title, alt, head, rows)


def _roof_row(point: OnRoof) -> tuple[str, ...]:
    theirs = "–" if point.yardstick is None else f"{point.yardstick:.3g} GFLOP/s"
    share = "–" if point.share is None else f"{point.share:.0%}"
    return point.name, f"{point.intensity:.3g}", f"{point.answer:.3g} GFLOP/s", theirs, share, point.bound or "–"


def _on_the_roof(timings: Sequence[Timing]) -> Iterator[OnRoof]:
    """Each timed input once; a flop a nanosecond is a GFLOP/s."""
    inputs: dict[tuple[str, str, str | None], Timing] = {}
    theirs: dict[tuple[str, str, str | None], int] = {}
    for t in timings:
        inputs.setdefault((t.case, t.part, t.dtype), t)
        if t.against == "yardstick" and t.against_median_ns:
            theirs[t.case, t.part, t.dtype] = t.against_median_ns
    for key, t in inputs.items():
        if t.flops and t.bytes and t.median_ns:
            name, rate = input_name(t), t.gflop_per_s or t.flops / t.median_ns
            yardstick = t.flops / theirs[key] if key in theirs else None
            yield OnRoof(name, t.flops / t.bytes, rate, yardstick, t.roof_share, t.bound)


def input_name(timing: Timing) -> str:
    """'gpt2 block (attention, float32)': parts may name their inputs alike."""
    return f"{timing.case} ({', '.join(word for word in (timing.part, timing.dtype) if word)})"


def distribution(timing: Timing) -> Plot:
    """Every block's ratio as a mark, each set of processes in its row: what differs between rows is memory layout."""
    sets = _sets(timing)
    title = f"Ratio of each block: {input_name(timing)} against the {timing.against}"
    told = "not measured" if timing.ratio is None else f"{ratio_in_digits(timing.ratio)} {interval(timing)}".strip()
    alt = f"{len(timing.ratios)} blocks in {len(sets)} sets of processes; median ratio {told}."
    head = ("set of processes", "blocks", "least", "median", "most")
    rows = [
        (str(number), str(len(one)), *map(ratio_in_digits, (min(one), median(one), max(one))))
        for number, one in enumerate(sets, 1)
    ]
    rows.append(("all", str(len(timing.ratios)), "", told, ""))
    picture = svg.drawn(125 + 36 * len(sets), title, alt, lambda figure: pictures.distribution(figure, timing, sets))
    return Plot(picture, title, alt, head, tuple(rows))


def _sets(timing: Timing) -> list[tuple[float, ...]]:
    """The ratios by set of processes; all in one where the report does not tell them apart."""
    if sum(timing.sets) != len(timing.ratios) or min(timing.sets, default=0) < 0:
        return [timing.ratios] if timing.ratios else []
    starts = accumulate(timing.sets, initial=0)
    return [timing.ratios[start : start + count] for start, count in zip(starts, timing.sets, strict=False) if count]


def memory_bars(memory: Sequence[Memory]) -> Plot:
    """Peak of one call beside the yardstick's, and what inputs and results alone take; each input to its own scale."""
    shown = memory[: pictures.ROWS_DRAWN]
    told = "; ".join(
        f"{m.case}: this solution {size(m.peak_bytes)}, yardstick {size(m.yardstick_peak_bytes)}" for m in shown
    )
    head = ("input", "part", "this solution", "yardstick", "inputs and results")
    rows = tuple((m.case, m.part, size(m.peak_bytes), size(m.yardstick_peak_bytes), size(m.io_bytes)) for m in memory)
    title, alt = "Peak memory of one call", f"Peak memory, each input to its own scale. {told}."
    picture = svg.drawn(36 + LINE + 68 * len(shown), title, alt, lambda figure: pictures.memory_bars(figure, shown))
    return Plot(picture, title, alt, head, rows)
