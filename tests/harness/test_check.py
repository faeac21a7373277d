"""Comparisons: what is close enough passes, and every way of being wrong has its words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as shapes

from harness.check import BUDGET, FLOOR_EPS, Broken, Checks, NeedsReview, allowance, compare
from harness.spec import Tolerance

ORACLE = np.array([[1.0, -2.0], [0.5, 4.0]])
NAN, INF = np.nan, np.inf


def words(
    got: Any, oracle: Any = ORACLE, sound: Any = None, dtype: str | None = "float64", tolerance: Tolerance | None = None
) -> str:
    finding = compare(got, oracle, sound, dtype, tolerance)
    return "" if finding is None else f"{finding.path}: {finding.sentence}".removeprefix(": ")


# --- what passes ---------------------------------------------------------------------------------------------------

finite = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))  # float32 holds nothing below 1e-45
oracles = shapes.arrays(np.float64, shapes.array_shapes(max_dims=3, min_side=0, max_side=5), elements=finite)


@given(oracles)
def test_the_oracle_itself_is_right(oracle: np.ndarray) -> None:
    assert words(oracle.copy(), oracle) == ""


@given(oracles)
def test_the_oracle_rounded_to_float32_is_right_in_float32(oracle: np.ndarray) -> None:
    assert words(oracle.astype(np.float32), oracle, dtype="float32") == ""


@given(oracles.filter(lambda a: a.size and np.abs(a).max() > 1e-3), st.floats(1e-9, 1e3))
def test_an_error_beyond_the_floor_is_wrong(oracle: np.ndarray, share: float) -> None:
    got = oracle.copy()
    where = np.unravel_index(int(np.abs(oracle).argmax()), oracle.shape)
    got[where] *= 1 + share
    finding = compare(got, oracle, None, "float64", None)
    assert finding is not None
    assert finding.worst == tuple(map(int, where))
    assert finding.error > finding.allowed


def test_nan_and_infinities_are_right_where_the_oracle_has_them() -> None:
    oracle = np.array([NAN, INF, -INF, 1.0])
    assert words(oracle.copy(), oracle) == ""


# --- what does not -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (np.zeros((2, 2)), "the largest error is 4, allowed is 1.4e-14"),
        (np.full((2, 2), NAN), "the answer is not a number (nan) where 1 is expected"),
        (np.where(ORACLE == 4, INF, ORACLE), "the answer is infinite where 4 is expected"),
        (ORACLE.ravel(), "expected shape (2, 2), got an array float64 (4,)"),
        (ORACLE[:1], "expected shape (2, 2), got an array float64 (1, 2)"),
        (np.float64(1.0), "expected shape (2, 2), got an array float64 ()"),
        (ORACLE.tolist(), "expected shape (2, 2), got a list of 2"),
        (None, "expected shape (2, 2), got None"),
        (-ORACLE, "the largest error is 8, allowed is 1.4e-14"),
    ],
)
def test_a_wrong_array_is_told_in_words(got: Any, said: str) -> None:
    assert words(got) == said


@pytest.mark.parametrize(
    ("got", "oracle", "said"),
    [
        ([1.0, 2.0], [NAN, 2.0], "the answer is 1 where nan is expected"),
        ([INF, 2.0], [-INF, 2.0], "the answer is the other infinity where -inf is expected"),
        ([5.0, 2.0], [INF, 2.0], "the answer is 5 where inf is expected"),
        ([NAN, 2.0], [INF, 2.0], "the answer is not a number (nan) where inf is expected"),
    ],
)
def test_nan_and_infinities_elsewhere_are_wrong(got: list[float], oracle: list[float], said: str) -> None:
    assert words(np.array(got), np.array(oracle)) == said


@pytest.mark.parametrize(
    ("got", "oracle", "said"),
    [
        (np.array([1, 2]), np.array([1, 3]), "1 of 2 elements are wrong"),
        ((ORACLE, ORACLE), (ORACLE, -ORACLE), "[1]: the largest error is 8, allowed is 1.4e-14"),
        ((ORACLE,), (ORACLE, ORACLE), "expected 2 items, got 1"),
        ([], [1], "expected 1 items, got 0"),
        ({"a": 1}, {"b": 1}, "the key 'b' is missing"),
        ({"a": 1, "b": 2}, {"b": 2}, "expected 1 items, got 2"),
        ({"b": [1, {"c": 2}]}, {"b": [1, {"c": 3}]}, "['b'][1]['c']: expected 3, got 2"),
        (3, "3", "expected '3', got 3"),
        (True, 1, "expected 1, got True"),
        (1, True, "expected True, got 1"),
        ("x" * 500, "y", "expected 'y', got '" + "x" * 116 + "..."),
        (2.0, 1.0, "the largest error is 1, allowed is 3.6e-15"),
        (True, 1.0, "expected a float, got bool True"),
        (None, 1.0, "expected a float, got None"),
        (NAN, 1.0, "the answer is not a number (nan) where 1 is expected"),
    ],
)
def test_everything_else_is_compared_exactly(got: Any, oracle: Any, said: str) -> None:
    assert words(got, oracle) == said
    assert words(oracle, oracle) == ""


# --- the budget ----------------------------------------------------------------------------------------------------


def test_the_budget_is_a_few_times_what_a_sound_implementation_needs() -> None:
    sound = ORACLE + 1e-9
    assert words(ORACLE + 3.9e-9, sound=sound) == ""
    assert words(ORACLE + 4.1e-9, sound=sound).startswith("the largest error is 4.1e-09, allowed is 4e-09")
    assert BUDGET == 4.0


def test_the_typical_error_counts_beside_the_largest() -> None:
    """A sound implementation that is wrong in one element does not let an answer be wrong in all."""
    oracle = np.ones(100)
    sound = oracle.copy()
    sound[0] += 1e-6
    assert words(np.where(np.arange(100) == 7, 1 + 1e-6, 1.0), oracle, sound) == ""
    assert words(oracle + 1e-6, oracle, sound).startswith("the typical (rms) error is 1e-06, allowed is 4e-07")


def test_of_several_draws_of_the_sound_error_the_worst_counts() -> None:
    near = [({"a": 2 * ORACLE + 1e-9}, {"a": 2 * ORACLE}), ({"a": ORACLE + 3e-6}, {"a": ORACLE})]
    off = [compare({"a": ORACLE + by}, {"a": ORACLE}, None, "float32", None, near=near) for by in (1.19e-5, 1.21e-5)]
    assert [finding and finding.sentence for finding in off] == [
        None,
        "the largest error is 1.2e-05, allowed is 1.2e-05",
    ]


def test_zeros_are_not_right_however_small_the_oracle_is() -> None:
    assert words(np.zeros(3), np.full(3, 1e-30)) == "the largest error is 1e-30, allowed is 3.6e-45"


def test_a_tolerance_replaces_the_budget() -> None:
    loose = Tolerance(0.01, "measured", absolute=0.1)
    assert allowance(ORACLE, ORACLE + 1, "float32", loose) == (pytest.approx(0.14), pytest.approx(0.14))
    assert words(ORACLE + 0.139, tolerance=loose) == ""
    assert words(ORACLE + 0.141, tolerance=loose) == "the largest error is 0.14, allowed is 0.14"


def test_the_floor_goes_with_the_type() -> None:
    floors = {dtype: allowance(np.ones(3), None, dtype, None)[1] for dtype in ("float32", "float64")}
    assert floors == {dtype: FLOOR_EPS * float(np.finfo(dtype).eps) for dtype in ("float32", "float64")}


# --- what properties compare with ----------------------------------------------------------------------------------


def broken(attempt: Any) -> str:
    with pytest.raises(Broken) as caught:
        attempt()
    return caught.value.finding.sentence


def test_close_is_64_eps_of_the_largest_element() -> None:
    check = Checks("float32")
    limit = 64 * float(np.finfo("float32").eps) * 4
    check.close(ORACLE + 0.99 * limit, ORACLE, "shifted")
    assert broken(lambda: check.close(ORACLE + 1.01 * limit, ORACLE, "shifted")).startswith(
        "shifted: the largest error is"
    )
    check.close(ORACLE + 1.9 * limit, ORACLE, "shifted", slack=2)
    assert broken(lambda: check.close(ORACLE, ORACLE.ravel(), "flat")) == "flat: shapes (2, 2) and (4,) differ"
    assert broken(lambda: check.close(np.array([NAN]), np.array([1.0]), "nan")).startswith(
        "nan: the answer is not a number"
    )


def test_equal_is_exact_in_shape_and_every_element() -> None:
    check = Checks("float64")
    check.equal(np.array([1.0, NAN]), np.array([1.0, NAN]), "same")
    check.equal({"a": [1]}, {"a": [1]}, "same")
    assert broken(lambda: check.equal(np.array([1.0]), np.array([1.0 + 1e-15]), "differ")) == "differ"
    assert broken(lambda: check.equal(np.ones((1, 2)), np.ones(2), "shapes")) == "shapes"
    assert broken(lambda: check.equal(1, True, "types")) == "types"


def test_true_takes_a_number_or_an_array_and_review_asks_a_person() -> None:
    check = Checks("float64")
    check.true(np.array([True, True]), "all")
    assert broken(lambda: check.true(np.array([True, False]), "not all")) == "not all"
    check.review(True, "fine")
    with pytest.raises(NeedsReview, match="too good"):
        check.review(False, "too good")
