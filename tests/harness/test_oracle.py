"""Inputs beside the given ones: every number a little off, nothing else changed."""

from __future__ import annotations

import numpy as np
import pytest

from harness import oracle, spec
from harness.catalog import SpecBroken


def refuses(x: np.ndarray) -> np.ndarray:
    raise ValueError("they must be halves")


def test_neighbours_are_off_by_four_eps_of_the_type_and_whole_numbers_stay() -> None:
    given = {"x": np.ones(2, np.float32), "n": np.arange(3), "k": 2, "h": spec.Hidden([np.zeros(1, np.float32)])}
    seen = list(oracle.neighbours(given, "float32"))
    assert len(seen) == oracle.NEIGHBOURS
    assert {float(value) for one in seen for value in one["x"]} == {1 - 2.0**-21, 1 + 2.0**-21}
    assert {(one["x"].dtype.str, one["n"].tolist() == [0, 1, 2], one["k"]) for one in seen} == {("<f4", True, 2)}
    assert {one["h"].value[0].tolist() == [0.0] for one in seen} == {True}


def test_neighbours_are_the_same_each_time() -> None:
    first, second = (list(oracle.neighbours({"x": np.ones(5)}, "float64")) for _ in range(2))
    assert np.array_equal([one["x"] for one in first], [one["x"] for one in second])


@pytest.mark.parametrize("other", [np.ones(3), [np.ones(2)], {"a": np.ones(2)}, (np.ones(2), np.ones(2)), 1.0])
def test_outputs_of_another_shape_are_not_alike(other: object) -> None:
    assert not oracle.alike(other, np.ones(2))
    assert not oracle.alike(np.ones(2), other)
    assert oracle.alike(other, other)


def test_an_oracle_that_raises_is_our_fault() -> None:
    part = spec.Part("halves", lambda rng: {}, (spec.case("any"),), oracle=refuses)
    with pytest.raises(SpecBroken, match="the oracle of halves raised ValueError: they must be halves"):
        oracle.right_answer(part, {"x": np.ones(2)})
