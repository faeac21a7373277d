"""What `harness doctor` finds, and what it advises: on this machine, and from made-up findings."""

from __future__ import annotations

import pytest

from harness import doctor, noise
from harness.noise import Noise


def test_it_tells_everything_about_this_machine(place) -> None:
    place.extra["XDG_CACHE_HOME"] = str(place.root / "cache")
    found = place.run("doctor", "--json")
    told = {row["what"]: row["found"] for row in found.json}
    assert found.code == 0
    assert set(told) >= {
        "processor",
        "clock policy",
        "load",
        "BLAS",
        "threads",
        "versions",
        "sandbox process",
        "GPU",
        "noise",
        "roof, 1 thread",
    }
    assert told["sandbox process"] == "11 of 11 attempts closed"
    assert "GFLOP/s float32" in told["roof, 1 thread"]
    assert "CPU time varies by" in told["noise"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Noise(150, 0.01, 0.02, 0.0), []),
        (Noise(80, 0.01, 0.9, 0.4), ["other programs want the same cores"]),
        (Noise(80, 0.12, 0.9, 0.4), ["other programs want the same cores", "neighbours share the caches"]),
    ],
)
def test_advice_is_given_where_something_would_help(found: Noise, said: list[str]) -> None:
    (told,) = doctor._noise(found)
    assert bool(told.advice) == bool(said)
    assert all(words in told.advice for words in said)


def test_noise_is_measured_in_a_process_of_its_own() -> None:
    found = noise.measured()
    assert found.blocks > 5
    assert 0 <= found.cpu_spread < 2
    assert found.delay_share >= 0
