"""Medians, slopes and their distribution-free intervals. Pure functions of lists of numbers; knows no clock."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, exp, log
from statistics import median

__all__ = ["TOO_FEW", "Interval", "hodges_lehmann", "interval", "median", "pooled", "theil_sen"]

Interval = tuple[float, float, float]  # low, middle, high
TOO_FEW = 6  # with fewer values no pair of order statistics covers the median with 95%


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The median and the narrowest symmetric pair of order statistics that covers it with at least this confidence.

    The number of values below the true median is binomial(n, 1/2), whatever their distribution; with fewer than
    TOO_FEW values the interval is their whole range. Source: Conover, Practical Nonparametric Statistics, 3.2.
    """
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        raise ValueError("no values")
    rank = _rank(n, confidence)
    return ordered[rank], median(ordered), ordered[n - 1 - rank]


def hodges_lehmann(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The median of all pairs' means, and the interval that Wilcoxon's signed ranks give it.

    Assumes values symmetric about their middle (logarithms of ratios are, where both sides are alike), no more. Two
    thirds as wide as `interval` for a handful of values. Source: Conover, 5.7; Hodges and Lehmann 1963.
    """
    means = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    if not means:
        raise ValueError("no values")
    drop = _signed_rank(len(values), (1 - confidence) / 2)
    return means[drop], median(means), means[len(means) - 1 - drop]


def pooled(sets: Sequence[Sequence[float]]) -> Interval:
    """The ratio that sets of blocks agree on. Blocks of one set share their processes, and so that set's luck.

    With TOO_FEW sets or more each counts as one value, its median; with fewer the interval is that of all blocks,
    widened to the range of the sets' medians.
    """
    known = [one for one in sets if one]
    medians = [median(one) for one in known]
    if len(known) >= TOO_FEW:
        low, middle, high = hodges_lehmann([log(m) for m in medians])
        return exp(low), exp(middle), exp(high)
    low, middle, high = interval([value for one in known for value in one])
    return min(low, *medians), middle, max(high, *medians)


def theil_sen(x: Sequence[float], y: Sequence[float]) -> float:
    """The median of the slopes between all pairs of points: two wild points of five do not move it far."""
    return median(pair_slopes(x, y))


def pair_slopes(x: Sequence[float], y: Sequence[float]) -> list[float]:
    pairs = [(i, j) for i in range(len(x)) for j in range(i) if x[i] != x[j]]
    return [(y[i] - y[j]) / (x[i] - x[j]) for i, j in pairs]


def _rank(n: int, confidence: float) -> int:
    """The largest k such that order statistics k and n-1-k (from 0) cover the median with the confidence; 0 if none do."""
    tail, k = 0.0, 0
    while k < n // 2:
        tail += comb(n, k) / 2**n  # chance that at most k values lie below the median
        if 2 * tail > 1 - confidence:
            break
        k += 1
    return max(k - 1, 0)


def _signed_rank(n: int, tail: float) -> int:
    """How many of the sorted pair means may be dropped on each side: the largest k with P(T <= k) <= tail, exactly; 0 if none.

    T is the sum of those of the ranks 1 to n whose coin shows heads.
    """
    ways = [1]
    for rank in range(1, n + 1):
        longer = ways + [0] * rank
        for total, count in enumerate(ways):
            longer[total + rank] += count
        ways = longer
    k, below = 0, 0
    while (below + ways[k]) / 2**n <= tail:
        below += ways[k]
        k += 1
    return max(k - 1, 0)
