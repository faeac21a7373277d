"""Medians and their distribution-free intervals. Pure functions of lists of numbers; knows no clock."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from statistics import median

__all__ = ["TOO_FEW", "Interval", "interval", "median"]

Interval = tuple[float, float, float]  # low, median, high
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


def _rank(n: int, confidence: float) -> int:
    """The largest k such that order statistics k and n-1-k (from 0) cover the median with the confidence; 0 if none do."""
    tail, k = 0.0, 0
    while k < n // 2:
        tail += comb(n, k) / 2**n  # chance that at most k values lie below the median
        if 2 * tail > 1 - confidence:
            break
        k += 1
    return max(k - 1, 0)
