"""Marks by speed and what a person must look at, from made-up measurements; peak memory and the roof from real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import conditions, roof, speed
from harness.clock import Measured
from harness.reading import Reading
from harness.samples import Samples, Timed
from tracker.report import Roof

ROOF = Roof("cpu", 1, {"float32": 100.0, "float64": 50.0}, {"cache": 80.0, "memory": 20.0}, "2026-11-26")


def timed(against: str, own_us: float, their_us: float, flops: float = 1e6, bytes_moved: float = 1e3) -> Timed:
    samples = Samples()
    for _ in range(8):
        samples.begin_set()
        readings = {"answer": own_us, "yardstick": their_us, against: their_us, "null": 0}
        samples.add({name: Reading(round(us * 1000), round(us * 1000), 0, 0) for name, us in readings.items()}, 1)
    return Timed("big", "f", "float32", against, "fast.py", samples, "precision", flops, bytes_moved)


def judged(*found: Timed) -> speed.Speed:
    return speed.judged(Measured(found, 8, 1.0), ROOF)


def test_efficient_is_three_times_the_yardstick_at_most() -> None:
    assert [judged(timed("yardstick", own, 1000)).efficient for own in (2900, 3100)] == [True, False]


def test_expert_is_the_librarys_time_or_half_of_the_roof() -> None:
    """1e6 flops at 100 GFLOP/s take at least 10 us."""
    assert judged(timed("yardstick", 15, 15)).expert is True
    assert judged(timed("yardstick", 100, 90), timed("library", 100, 99)).expert is True
    assert judged(timed("yardstick", 100, 90), timed("library", 100, 50)).expert is False
    assert judged(timed("yardstick", 100, 90)).expert is False
    assert dict(judged(timed("yardstick", 100, 90)).notes)["expert"] == "10% of this machine's roof"


def test_what_no_machine_can_do_is_for_a_person_to_look_at() -> None:
    assert judged(timed("yardstick", 5, 15)).review == "big did 2.0 times what this machine can do"
    assert judged(timed("yardstick", 5, 5)).review == ""  # the shipped solution went past the roof as well
    assert (
        judged(timed("yardstick", 50, 1000)).review
        == "big took less than a tenth of the fastest shipped solution's time"
    )
    assert judged(timed("yardstick", 500, 1000)).review == ""


@pytest.mark.parametrize(
    ("flops", "bytes_moved", "ns", "found"),
    [
        (1e6, 1e3, 20_000, (0.5, "compute")),
        (1e3, 8e5, 20_000, (0.5, "memory")),  # 800 kB at the cache's 80 GB/s: 10 us
        (1e3, 8e6, 800_000, (0.5, "memory")),  # 8 MB at the memory's 20 GB/s: 400 us
    ],
)
def test_the_share_of_the_roof_is_of_what_bounds_the_call(
    flops: float, bytes_moved: float, ns: float, found: Any
) -> None:
    assert roof.share(ROOF, flops, bytes_moved, "float32", ns) == found


def test_without_a_figure_for_the_type_there_is_no_share() -> None:
    assert roof.share(ROOF, 1, 1, "bfloat16", 1) == (None, None)


def test_a_roof_is_measured_once_for_a_machine_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = roof.kept(1)
    assert first.gflop_per_s["float32"] > first.gflop_per_s["float64"] > 0.1
    assert first.copy_gb_per_s["memory"] > 0.1
    monkeypatch.setattr(roof, "measured", lambda threads, device: ROOF)
    assert roof.kept(1) == first
    (path,) = (tmp_path / "scratchmark").glob("roof-*.json")
    path.write_text(path.read_text()[:-9])  # half a file: measured again, not believed
    assert roof.kept(1) == ROOF


def test_a_roof_too_low_is_raised_and_never_lowered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        roof, "measured", lambda threads, device: Roof("cpu", 1, {"float32": 9.0}, {"cache": 9.0}, "new")
    )
    assert roof.raised(Roof("cpu", 1, {"float32": 8.0}, {"cache": 10.0}, "old")) == Roof(
        "cpu", 1, {"float32": 9.0}, {"cache": 10.0}, "new"
    )


def test_a_cache_that_cannot_be_written_costs_no_more_than_measuring_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratchmark").write_text("a file, not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(roof, "measured", lambda threads, device: ROOF)
    assert roof.kept(1) == ROOF


def test_conditions_are_the_difference_of_two_moments() -> None:
    found = conditions.between(
        conditions.Moment(1000, 10), conditions.Moment(2000, 60), Measured((timed("yardstick", 5, 5),), 8, 2.5)
    )
    assert (found.steal_share, found.delay_share, found.sets, found.seconds) == (0.05, 0.0, 8, 2.5)
