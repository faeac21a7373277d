"""Growth over sizes from made-up times: what is told as too fast, and what overhead or a kink must not turn into it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness import scaling, schedule
from harness.reading import Reading
from harness.samples import Samples, Timed
from tracker.report import Scaling

SIZES = [32, 75, 178, 422, 1000]


def series(
    own: Callable[[int], float], theirs: Callable[[int], float], work: float = 1.0, null_us: float = 0.1
) -> list[Timed]:
    """Times in microseconds at each size, the same in eight sets of processes; the spec's cost grows as n^work."""
    found = []
    for size in SIZES:
        samples = Samples()
        for wobble in (1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.0):
            samples.begin_set()
            cpu = {"answer": own(size) * wobble, "yardstick": theirs(size), "null": 0}
            null = round(null_us * 1000)
            samples.add({name: Reading(round(us * 1000) + null, 0, 0, 0) for name, us in cpu.items()}, 1)
        found.append(
            Timed(
                "big" if size == SIZES[-1] else f"big: n = {size}",
                "f",
                "float32",
                "yardstick",
                "fast.py",
                samples,
                "budget",
                float(size) ** work,
                1.0,
                "n",
                size,
                "big",
            )
        )  # fmt: skip
    return found


def judged(own: Callable[[int], float], theirs: Callable[[int], float], **known: float) -> Scaling:
    found = scaling.scaling(series(own, theirs, **known))
    assert found is not None
    return found


def test_a_quadratic_answer_to_a_linear_problem_is_named_as_such() -> None:
    found = judged(lambda n: n * n / 100, lambda n: n)
    assert (found.verdict, round(found.exponent, 2), found.expected) == ("too fast", 2.0, 1.0)
    assert found.words == "the time grows as n^2.0 at the larger sizes: quadratic in n, where linear is enough"


def test_overhead_hides_it_at_small_sizes_only() -> None:
    found = judged(lambda n: 300 + n * n / 100, lambda n: 20 + n)
    assert found.verdict == "too fast"
    assert found.exponent < 1.5


def test_a_power_law_has_a_narrow_interval_and_what_is_none_a_wide_one() -> None:
    law, bent = judged(lambda n: n * n / 100, lambda n: n), judged(lambda n: 300 + n * n / 100, lambda n: n)
    assert (law.exponent_low, law.exponent_high) == (pytest.approx(2.0, abs=0.03), pytest.approx(2.0, abs=0.03))
    assert (bent.exponent_low, bent.exponent_high) == (pytest.approx(0.17, abs=0.03), pytest.approx(1.83, abs=0.1))


@pytest.mark.parametrize(
    ("own", "theirs", "work"),
    [
        (lambda n: 5 * n, lambda n: n, 1.0),  # slower, but not steeper
        (lambda n: n**1.15, lambda n: n, 1.0),  # out of the cache
        (
            lambda n: 2 + n * n / 90,
            lambda n: 80 + n * n / 100,
            2.0,
        ),  # the yardstick's overhead is no steepness of the answer's
        (lambda n: n, lambda n: n * n, 1.0),  # better than the yardstick
    ],
)
def test_a_right_growth_is_left_alone(own: Callable[[int], float], theirs: Callable[[int], float], work: float) -> None:
    assert judged(own, theirs, work=work).verdict == "as it should"


def test_sizes_that_are_mostly_overhead_are_shown_and_not_used() -> None:
    found = scaling.scaling(series(lambda n: n, lambda n: n, null_us=40))
    assert found is not None
    assert [(p.size, p.used) for p in found.points] == [
        (32, False),
        (75, False),
        (178, True),
        (422, True),
        (1000, True),
    ]
    assert scaling.scaling(series(lambda n: n, lambda n: n, null_us=400)) is None


def test_a_series_for_the_report_is_found_among_all_timings() -> None:
    from harness import speed

    (found,) = speed.grown(series(lambda n: n, lambda n: n))
    assert (found.parameter, found.case, [p.size for p in found.points]) == ("n", "big", SIZES)
    assert pytest.approx(1.5) == schedule.DECADES
