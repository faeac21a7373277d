"""Where a sum cancels a sound answer may be far off beside its size, and a wrong one still may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness import oracle, spec
from harness.catalog import SpecBroken
from harness.check import FLOOR_EPS


def part(function: Any, tolerance: spec.Tolerance | None = None) -> spec.Part:
    return spec.Part("dot", lambda rng: {}, (spec.case("any"),), oracle=function, tolerance=tolerance)


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(a @ b)


# 1 + 0.01 - 1: one rounding of a 1 is 1.2e-7 of 1, but 1.2e-5 of what remains.
A = np.array([1.0, 1.0, -1.0], np.float32)
B = np.array([1.0, 0.01, 1.0], np.float32)
EXACT = dot(A.astype(np.float64), B.astype(np.float64))


def words(got: float, dtype: str = "float32", sound: Any = EXACT, **changed: Any) -> str:
    checked = part(dot, **changed)
    found = oracle.beyond_rounding(checked, {"a": A, "b": B}, dtype, np.asarray(got, dtype), EXACT, sound)
    return "" if found is None else found.sentence


def test_what_a_rounding_of_the_inputs_explains_is_right_although_the_reference_was_exact_by_luck() -> None:
    assert words(float(EXACT) + 4e-7) == ""


def test_what_no_rounding_explains_is_wrong() -> None:
    assert words(float(EXACT) + 9e-6).startswith("the largest error is 9e-06, allowed is ")


def test_in_the_wider_type_the_same_error_is_wrong() -> None:
    assert words(float(EXACT) + 4e-7, "float64").startswith("the largest error is 4e-07, allowed is ")


def test_a_tolerance_of_the_part_stays_what_it_is() -> None:
    exact = spec.Tolerance(1e-6, "exact")
    assert words(float(EXACT) + 4e-7, tolerance=exact) == "the largest error is 4e-07, allowed is 1e-08"


def test_a_tie_that_a_rounding_tips_forgives_nothing() -> None:
    """The gradient of the largest of two equal numbers goes to the first, as asked; not to the second."""
    checked = part(lambda x: np.eye(2)[np.argmax(x)])
    found = oracle.beyond_rounding(
        checked, {"x": np.ones(2)}, "float64", np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.array([1.0, 0.0])
    )
    assert found is not None
    tipped = oracle.neighbours(checked, {"x": np.ones(2)}, "float64", np.array([1.0, 0.0]))
    assert {tuple(one) for one in tipped} == {(1.0, 0.0), (0.0, 1.0)}  # it would be forgiven, were it asked


def test_neighbours_are_off_by_four_eps_of_the_type_and_whole_numbers_stay() -> None:
    seen: list[dict[str, Any]] = []

    def looks_on(**inputs: Any) -> np.ndarray:
        seen.append(inputs)
        return np.ones(2)

    given = {"x": np.ones(2, np.float32), "n": np.arange(3), "k": 2}
    assert len(list(oracle.neighbours(part(looks_on), given, "float32", np.ones(2)))) == oracle.NEIGHBOURS
    assert {float(value) for one in seen for value in one["x"]} == {1 - 2.0**-21, 1 + 2.0**-21}
    assert [(one["n"].tolist(), one["k"]) for one in seen] == [([0, 1, 2], 2)] * oracle.NEIGHBOURS


def refuses(x: np.ndarray) -> np.ndarray:
    if np.any(x != 0.5):
        raise ValueError("they must be halves")
    return x


@pytest.mark.parametrize(
    "function",
    [refuses, lambda x: np.ones(len(x) + 1), lambda x: np.where(x == 0.5, 1.0, np.nan), lambda x: [x]],
    ids=["no input of the oracle", "another shape", "no number any more", "another structure"],
)
def test_a_neighbour_that_cannot_be_compared_is_left_out(function: Any) -> None:
    assert list(oracle.neighbours(part(function), {"x": np.array([0.5, 0.5])}, "float64", np.ones(2))) == []


def test_an_oracle_that_raises_is_our_fault() -> None:
    with pytest.raises(SpecBroken, match="the oracle of dot raised ValueError: they must be halves"):
        oracle.right_answer(part(refuses), {"x": np.ones(2)})


# --- properties ----------------------------------------------------------------------------------------------------


def one_number_alone(answer: Any, x: dict[str, Any], check: spec.Check) -> None:
    """The sum of the first number and of both."""
    check.close(answer(a=x["a"], b=x["b"]), answer(a=x["a"], b=x["b"]), "the same twice")
    check.equal(1, 2, "never")
    check.close(answer.part("dot", a=x["a"][:1], b=x["b"][:1]), x["a"][0], "a number that is given")


def test_how_far_a_property_moves_is_known_for_each_of_its_comparisons() -> None:
    dots = part(dot)
    moves = oracle.property_moves([dots], dots, spec.Property(one_number_alone), {"a": A, "b": B}, "float32")
    eps = float(np.finfo("float32").eps)
    assert len(moves) == 2
    assert 4 * eps < moves[0] < 200 * eps
    assert moves[1] == pytest.approx(FLOOR_EPS * 2 * eps, rel=0.01)  # both factors moved the same way


def test_nothing_is_known_where_a_part_has_no_oracle() -> None:
    nothing = part(None)
    assert oracle.property_moves([nothing], nothing, spec.Property(one_number_alone), {"a": A, "b": B}, "float32") == []
