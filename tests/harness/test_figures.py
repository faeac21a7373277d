"""Figures of speed follow from their samples: whoever edits one alone is found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import figures, speed
from harness.clock import Measured
from harness.reading import Reading
from harness.samples import Samples, Timed
from harness.spec import Cost, Exercise, case
from harness.spec import Timing as Size
from tracker import report
from tracker.report import Report, Roof, Scaling, Verdict

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
ROOF = Roof("cpu", 1, {"float32": 1.0, "float64": 0.5}, {"cache": 80.0, "memory": 20.0}, "2026-11-26")
GROWTH = Scaling("big", "f", "n", (), 1.0, 0.9, 1.1, 1.0, 1.0, 0.0, -0.1, 0.1, "as it should", "n^1.0")


def exercise() -> Exercise:
    def inputs(rng: Any, n: int) -> dict[str, Any]:
        return {"x": rng.standard_normal(n)}

    size = Size(case("big", n=10), cost=lambda itemsize, n: Cost(1e6, 1e3))
    return Exercise(
        version=1, name="f", inputs=inputs, oracle=lambda x: x, cases=(case("small", n=2),), timings=(size,)
    )


def honest() -> Report:
    """As a run makes it: eight sets of three blocks, around 1.2 ms against 1 ms."""
    samples, rng = Samples(), np.random.default_rng(0)
    for _ in range(8):
        samples.begin_set()
        for _ in range(3):
            ns = {"answer": 1_200_000, "yardstick": 1_000_000, "library": 1_190_000, "null": 0}
            ns = {name: round(one * rng.uniform(0.98, 1.02)) for name, one in ns.items()}
            samples.add({name: Reading(one, one, 0, 0) for name, one in ns.items()}, 7)
    timed = [Timed("big", "f", "float32", one, one, samples, "budget", 1e6, 1e3) for one in ("yardstick", "library")]
    found = speed.judged(Measured(tuple(timed), 8, 1.0), ROOF)
    marks = SAMPLE.marks | {"efficient": found.efficient, "expert": found.expert}
    return replace(
        SAMPLE, verdict=Verdict.PASSED, cases=(), marks=marks, timings=found.timings, roof=ROOF, scalings=(GROWTH,)
    )


HONEST = honest()


def timing(**changes: Any) -> Report:
    return replace(HONEST, timings=(replace(HONEST.timings[0], **changes), HONEST.timings[1]))


def test_an_honest_report_has_no_fault() -> None:
    assert figures.faults(HONEST, exercise()) == []
    assert HONEST.marks["efficient"] is True


FIRST = HONEST.timings[0]


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        (timing(ratio=1.1), "big: its interval is not that of its ratios"),
        (timing(ratio_high=1.3), "big: its interval is not that of its ratios"),
        (timing(ratio=None, ratio_low=None, ratio_high=None), "big: its interval is not that of its ratios"),
        (timing(ratios=tuple(r / 2 for r in FIRST.ratios)), "big: its ratios are not those of its samples"),
        (timing(samples_ns=tuple(n // 2 for n in FIRST.samples_ns)), "big: its ratios are not those of its samples"),
        (timing(samples_ns=()), "big: its samples are not all there"),
        (timing(sets=(1,)), "big: its samples are not all there"),
        (timing(blocks=99), "big: its samples are not all there"),
        (timing(median_ns=FIRST.median_ns // 2), "big: its times are not those of its samples"),
        (timing(against_median_ns=2_000_000), "big: its times are not those of its samples"),
        (timing(verdict="faster"), "big: 'faster' does not follow from its interval"),
        (timing(gflop_per_s=99.0), "big: its rates are not those of its time"),
        (timing(gb_per_s=None), "big: its rates are not those of its time"),
        (timing(roof_share=0.99), "big: its share of the roof is not that of its time"),
        (timing(bound="memory"), "big: its share of the roof is not that of its time"),
        (timing(flops=1e7), "big: it does not cost that many operations or bytes"),
        (timing(case="huge"), "huge: the exercise has no such timing"),
        (timing(dtype="float16"), "big: the exercise has no such timing"),
        (replace(HONEST, timings=HONEST.timings[1:]), "big was not timed"),
        (replace(HONEST, marks=HONEST.marks | {"efficient": None}), "the mark efficient does not follow from the timings"),
        (replace(HONEST, marks=HONEST.marks | {"expert": None}), "the mark expert does not follow from the timings"),
        (replace(HONEST, timings=(), marks=HONEST.marks | {"expert": True}), "a mark by speed, and nothing was timed"),
        (replace(HONEST, roof=replace(ROOF, gflop_per_s={"float32": 2.0})), "big: its share of the roof is not that of its time"),
        (replace(HONEST, roof=replace(ROOF, copy_gb_per_s={})), "big: its share of the roof is not that of its time"),
        (replace(HONEST, scalings=(replace(GROWTH, excess_low=0.9, excess_high=1.1),)), "big: growth 'as it should' does not follow from its exponents"),
        (replace(HONEST, scalings=(replace(GROWTH, verdict="too fast"),)), "the mark efficient does not follow from the timings"),
    ],
)  # fmt: skip
def test_a_figure_that_was_edited_alone_does_not_follow(edited: Report, said: str) -> None:
    assert said in figures.faults(edited, exercise())


def test_by_the_wall_clock_alone_no_mark_is_earned() -> None:
    """Portable mode: its figures are told, and 'open' is what follows from them."""
    walls = tuple(replace(t, clock="wall", roof_share=None, bound=None) for t in HONEST.timings)
    marks = SAMPLE.marks | {"efficient": None, "expert": None}
    portable = replace(HONEST, timings=walls, marks=marks, roof=None)
    assert figures.faults(portable, exercise()) == []
    assert figures.faults(replace(portable, marks=marks | {"efficient": True}), exercise()) == [
        "a mark by speed, and the times are the wall clock's"
    ]
