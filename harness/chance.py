"""How strange counts are under a law: Pearson's test without scipy, whose statistics take half a second to import."""

from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt
from typing import Any

import numpy as np

LEAST_EXPECTED = 10.0


def chi_square(counts: Any, probabilities: Any) -> float:
    """p-value of Pearson's test that counts (k,) come from probabilities (k,); 0.0 if an impossible outcome was seen.

    The rarest outcomes are pooled until each expects at least 10, since the law holds only for larger counts (Cochran
    1954, https://doi.org/10.2307/3001616, asks for 5 in tests at 5%; at 1e-4 that gave 1.8 times as many alarms).
    """
    counts, p = np.asarray(counts, np.float64), np.asarray(probabilities, np.float64)
    if counts[p == 0].any():
        return 0.0
    order = np.argsort(p[p > 0], kind="stable")
    observed, expected = counts[p > 0][order], (p[p > 0] / p.sum() * counts.sum())[order]
    rare = int(np.searchsorted(expected, LEAST_EXPECTED))
    while 0 < rare < len(expected) and expected[:rare].sum() < LEAST_EXPECTED:
        rare += 1
    observed = np.append(observed[rare:], observed[:rare].sum())[: len(expected) - rare + bool(rare)]
    expected = np.append(expected[rare:], expected[:rare].sum())[: len(expected) - rare + bool(rare)]
    if len(observed) < 2:
        return 1.0
    return _chi_square_tail(float(((observed - expected) ** 2 / expected).sum()), len(observed) - 1)


def _chi_square_tail(statistic: float, degrees: int) -> float:
    """P(X >= statistic): the regularised upper incomplete gamma function Q(degrees/2, statistic/2).

    Closed form by the recurrence Q(a+1, x) = Q(a, x) + x^a e^-x / Gamma(a+1); https://dlmf.nist.gov/8.8#E6
    """
    x = statistic / 2
    if x == 0:
        return 1.0
    a, q = (0.5, erfc(sqrt(x))) if degrees % 2 else (1.0, exp(-x))
    while a < degrees / 2:
        q += exp(a * log(x) - x - lgamma(a + 1))
        a += 1
    return min(q, 1.0)
