"""Pearson's test without scipy: scipy's own numbers, pooling, and what it says of right and of wrong laws."""

from __future__ import annotations

import numpy as np
import pytest

from harness.chance import LEAST_EXPECTED, chi_square


@pytest.mark.parametrize("outcomes", [2, 3, 4, 7, 30, 101])
@pytest.mark.parametrize("strangeness", [0.0, 1.0, 3.0])
def test_it_is_scipys_number_where_nothing_is_pooled(outcomes: int, strangeness: float) -> None:
    stats = pytest.importorskip("scipy.stats", exc_type=ImportError)
    rng = np.random.default_rng(outcomes)
    probabilities = rng.dirichlet(np.full(outcomes, 20.0))
    counts = rng.multinomial(4000, probabilities).astype(float)
    counts[0] += round(strangeness * np.sqrt(counts[0]))
    expected = probabilities / probabilities.sum() * counts.sum()
    assert expected.min() >= LEAST_EXPECTED
    assert chi_square(counts, probabilities) == pytest.approx(stats.chisquare(counts, expected).pvalue, rel=1e-10)


@pytest.mark.parametrize(
    ("counts", "probabilities", "p"),
    [
        ([50, 50], [0.5, 0.5], 1.0),
        ([60, 40], [0.5, 0.5], 0.0455002638963584),  # two standard deviations: erfc(sqrt 2)
        ([60, 40], [5, 5], 0.0455002638963584),  # weights need not sum to one
        ([40, 30, 20], [1, 1, 1], 0.0356739933472524),  # exp(-10/3)
        ([100, 0], [0.5, 0.5], 1.523970604832e-23),  # ten standard deviations
    ],
)
def test_numbers_by_hand(counts: list[int], probabilities: list[float], p: float) -> None:
    assert chi_square(counts, probabilities) == pytest.approx(p, rel=1e-9)


def test_an_impossible_outcome_leaves_no_chance_at_all() -> None:
    assert chi_square([500, 499, 1], [0.5, 0.5, 0.0]) == 0.0
    assert chi_square([500, 500, 0], [0.5, 0.5, 0.0]) == 1.0


def test_rare_outcomes_are_pooled_until_they_expect_ten() -> None:
    """980 draws: 0.97 expects 950.6; ten outcomes of 0.003 expect 2.94 each, so 29.4 together."""
    probabilities = [0.003] * 5 + [0.97] + [0.003] * 5
    counts = [29, 0, 0, 0, 0, 951, 0, 0, 0, 0, 0]
    assert chi_square(counts, probabilities) == pytest.approx(chi_square([29, 951], [0.03, 0.97]), rel=1e-12)


def test_what_is_pooled_takes_the_next_rarest_with_it_until_it_is_enough() -> None:
    """1000 draws: 4 expected is too few alone, so the outcome that expects 11 joins it."""
    pooled = chi_square([18, 497, 485], [0.015, 0.5, 0.485])
    assert chi_square([0, 18, 497, 485], [0.004, 0.011, 0.5, 0.485]) == pytest.approx(pooled, rel=1e-12)
    assert chi_square([18, 0, 497, 485], [0.004, 0.011, 0.5, 0.485]) == pytest.approx(pooled, rel=1e-12)


def test_where_all_is_pooled_nothing_can_be_said() -> None:
    assert chi_square([3, 0, 2], [0.2, 0.3, 0.5]) == 1.0
    assert chi_square([7], [1.0]) == 1.0


LAWS = {
    "a die": np.full(6, 1 / 6),
    "a steep law": np.array([0.6, 0.25, 0.1, 0.03, 0.012, 0.005, 0.002, 0.001]),
    "many outcomes": np.arange(1, 61) / np.arange(1, 61).sum(),
}


@pytest.mark.parametrize("law", LAWS)
def test_under_the_law_small_values_are_as_rare_as_they_say(law: str) -> None:
    """Among 4,000 right answers the share below a level is the level itself, within five standard deviations."""
    counts = np.random.default_rng(20).multinomial(2000, LAWS[law], size=4000)
    found = np.array([chi_square(row, LAWS[law]) for row in counts])
    for level in (0.01, 0.05, 0.25, 0.5, 0.9):
        assert abs((found < level).mean() - level) < 5 * np.sqrt(level * (1 - level) / len(found)), level
    assert found.min() > 1e-6


@pytest.mark.parametrize("law", LAWS)
def test_a_wrong_law_is_found(law: str) -> None:
    """A tenth of the commonest outcome's chance goes to the next one; 20,000 draws."""
    right = LAWS[law]
    order = np.argsort(right)
    wrong = right.copy()
    moved = max(0.03, 0.1 * right[order[-1]])
    wrong[order[-1]] -= moved
    wrong[order[-2]] += moved
    counts = np.random.default_rng(21).multinomial(20_000, wrong)
    assert chi_square(counts, right) < 1e-7
    assert chi_square(counts, wrong) > 1e-4
