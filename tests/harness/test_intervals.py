"""The interval of a median: its ranks against a table, its coverage by counting, and what it does not depend on."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.intervals import TOO_FEW, hodges_lehmann, interval, pooled, theil_sen

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (8, 1, 8), (9, 2, 8), (11, 2, 10), (20, 6, 15), (25, 8, 18)])
def test_the_ranks_are_those_of_the_tables(n: int, low: int, high: int) -> None:
    assert interval(list(range(1, n + 1))) == (low, (n + 1) / 2, high)


@pytest.mark.parametrize("n", range(TOO_FEW, 80))
def test_it_covers_95_percent_and_one_step_narrower_would_not(n: int) -> None:
    below = int(interval(list(range(n)))[0])

    def coverage(rank: int) -> float:
        return sum(comb(n, k) for k in range(rank + 1, n - rank)) / 2**n

    assert coverage(below) >= 0.95 > coverage(below + 1)


@pytest.mark.parametrize("n", range(1, TOO_FEW))
def test_too_few_values_give_their_whole_range(n: int) -> None:
    low, _, high = interval(list(range(n)))
    assert (low, high) == (0, n - 1)


def test_no_values_have_no_interval() -> None:
    with pytest.raises(ValueError, match="no values"):
        interval([])


@given(numbers, st.randoms())
def test_the_order_of_the_values_does_not_matter(values: list[float], random: object) -> None:
    shuffled = sorted(values, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert interval(shuffled) == interval(values)


@given(numbers)
def test_the_median_lies_between_two_of_the_values(values: list[float]) -> None:
    low, middle, high = interval(values)
    assert low <= middle <= high
    assert {low, high} <= set(values)


@given(numbers, st.sampled_from([0.5, 2.0, 4.0]))
def test_it_scales_with_the_values(values: list[float], factor: float) -> None:
    assert interval([factor * v for v in values]) == tuple(factor * v for v in interval(values))


@given(st.lists(st.floats(0.9, 1.1), min_size=20, max_size=60))
def test_one_wild_value_moves_neither_end_beyond_the_others(values: list[float]) -> None:
    low, _, high = interval([*values, 1e9])
    assert 0.9 <= low <= high <= 1.1


# --- the middle of pairs' means ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 11))
def test_signed_ranks_cover_95_percent_and_one_step_narrower_would_not(n: int) -> None:
    """Every way in which n values can lie about their middle: value i is -i or +i, all 2^n of them alike."""

    def misses(drop: int) -> float:
        outside = 0
        for signs in product((-1, 1), repeat=n):
            values = [sign * (2**i) for i, sign in enumerate(signs)]
            means = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
            outside += not means[drop] < 0 < means[len(means) - 1 - drop]
        return outside / 2**n

    values = [float(2**i) for i in range(n)]
    low = hodges_lehmann(values)[0]
    drop = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:]).index(low)
    assert misses(drop) <= 0.05 or n < TOO_FEW
    assert n < TOO_FEW or misses(drop + 1) > 0.05


def test_the_tables_ranks_of_the_signed_rank_interval() -> None:
    """Conover's table A12: at 2.5% the critical sums for n = 6, 8, 10, 15, 20 are 1, 4, 9, 26, 53."""

    def dropped(n: int) -> int:
        values = [float(2**i) for i in range(n)]
        return sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:]).index(hodges_lehmann(values)[0])

    assert [dropped(n) for n in (6, 8, 10, 15, 20)] == [0, 3, 8, 25, 52]


def test_sets_count_as_one_value_each_and_too_few_of_them_widen_the_blocks_interval() -> None:
    assert pooled([[1.0] * 50, [1.1] * 50]) == (1.0, pytest.approx(1.05), 1.1)
    assert pooled([[2.0], [2.0], [], [2.0], [2.0], [2.0], [2.0]]) == pytest.approx((2.0, 2.0, 2.0))


def test_two_wild_points_of_seven_do_not_move_a_slope() -> None:
    x = [1.0, 2, 3, 4, 5, 6, 7]
    assert theil_sen(x, [2 * v for v in x[:5]] + [100.0, -100.0]) == pytest.approx(2, abs=0.7)
    assert theil_sen(x, [3 * v + 1 for v in x]) == pytest.approx(3)
