"""The exact answer, and whether an answer is as near to it as one in its type can be asked to be.

Three looks, each only where the one before does not settle it: 16 eps of the output's size (check.py), four times the
reference solution's own error, what 16 eps of the inputs make of the exact answer. The last is for sums that cancel: the best
of algorithms gives the exact answer to inputs next to the given ones (Higham 2002, *Accuracy and Stability of Numerical
Algorithms*, 1.5), and the reference's error, one draw of it, is now and then nil by luck (docs/decisions/0003-error-budget.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from harness import calls, spec
from harness.catalog import SpecBroken
from harness.check import BUDGET, FAR, FLOOR_EPS, Distances, Finding, compare

NEIGHBOURS = 8
NUDGE_EPS = FLOOR_EPS / BUDGET  # the budget is so many times what a neighbour moves
WIDE = ("float32", "float64")  # of float16 a thousand times the allowance would be anything


def right_answer(part: spec.Part, inputs: dict[str, Any]) -> Any:
    """The right answer in float64; None where the part has no oracle. Raises SpecBroken for the oracle's own fault."""
    return run(part.oracle, part, inputs) if part.oracle else None


def run(oracle: Callable[..., Any], part: spec.Part, inputs: dict[str, Any]) -> Any:
    """An oracle on the same rounded numbers in float64; overflow and nan are values here, not warnings."""
    return _run(oracle, part, calls.for_oracle(inputs))


def _run(oracle: Callable[..., Any], part: spec.Part, wide: dict[str, Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return oracle(**wide)
    except Exception as error:
        raise SpecBroken(f"the oracle of {part.name} raised {type(error).__name__}: {error}") from error


def beyond_rounding(
    part: spec.Part, inputs: dict[str, Any], dtype: str | None, got: Any, expected: Any, sound: Any
) -> Finding | None:
    """What is wrong with `got` that neither the reference's error nor a rounding of the inputs explains."""
    found = compare(got, expected, sound, dtype, part.tolerance)
    if found is None or part.tolerance is not None or not is_near(found, dtype):
        return found
    near = list(neighbours(part, inputs, dtype, expected))  # type: ignore[arg-type]
    return compare(got, expected, sound, dtype, None, near=near)


def is_near(found: Finding, dtype: str | None) -> bool:
    """Is it off by so little that roundings may be why?"""
    if found.error is None or found.allowed is None or dtype not in WIDE:
        return False
    return found.error <= FAR * found.allowed


def neighbours(part: spec.Part, inputs: dict[str, Any], dtype: str, expected: Any) -> Iterator[Any]:
    """The exact answers to inputs that are off by roundings; fewer where those are none of the oracle's inputs."""
    rng, wide, by = calls.stream(0, "neighbours"), calls.for_oracle(inputs), NUDGE_EPS * float(np.finfo(dtype).eps)
    for _ in range(NEIGHBOURS):
        try:
            found = _run(part.oracle, part, _nudged(wide, by, rng))  # type: ignore[arg-type]
        except SpecBroken:
            continue  # as of probabilities that no longer add up to 1
        if _alike(found, expected):
            yield found


def property_moves(
    parts: Sequence[spec.Part], part: spec.Part, check: spec.Property, inputs: dict[str, Any], dtype: str
) -> list[float]:
    """How far apart a sound answer may bring the two sides of each `close` of a property; [] where a part has no oracle."""
    found = []
    for number in range(NEIGHBOURS):
        distances = Distances(dtype)
        try:
            with np.errstate(all="ignore"):
                check.check(Neighbour(parts, part, dtype, calls.stream(number, "neighbours")), inputs, distances)
        except Exception:  # the exact answer of a part without oracle, or of inputs that are none: nothing can be said
            return []
        found.append(distances.found)
    return [BUDGET * max(one) for one in zip_longest(*found, fillvalue=0.0)]


class Neighbour:
    """The exact answer as a property sees it; what it is asked about is off by roundings, each time by others."""

    def __init__(self, parts: Sequence[spec.Part], part: spec.Part, dtype: str, rng: np.random.Generator) -> None:
        self._parts, self._part, self._dtype, self._rng = {p.name: p for p in parts}, part, dtype, rng

    def __call__(self, **inputs: Any) -> Any:
        return self._exact(self._part, inputs)

    def part(self, name: str, /, **inputs: Any) -> Any:
        return self._exact(self._parts[name], inputs)

    def _exact(self, part: spec.Part, inputs: dict[str, Any]) -> Any:
        by = NUDGE_EPS * float(np.finfo(self._dtype).eps)
        wide = calls.for_oracle(calls.cast(inputs, self._dtype))
        return _run(part.oracle, part, _nudged(wide, by, self._rng))  # type: ignore[arg-type]


def _nudged(wide: dict[str, Any], by: float, rng: np.random.Generator) -> dict[str, Any]:
    def leaf(value: Any) -> Any:
        if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in "fc":
            return value
        with np.errstate(over="ignore"):
            return np.multiply(value, 1 + by * rng.choice((-1.0, 1.0), np.shape(value)))

    return {name: calls.map_leaves(leaf, value) for name, value in wide.items()}


def _alike(one: Any, other: Any) -> bool:
    """The same shapes, and finite where the other is."""
    if isinstance(other, (list, tuple)):
        return isinstance(one, (list, tuple)) and len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(other, dict):
        return isinstance(one, dict) and one.keys() == other.keys() and all(_alike(one[k], other[k]) for k in other)
    if not isinstance(other, (np.ndarray, np.generic, float)):
        return True
    return np.shape(one) == np.shape(other) and bool(np.array_equal(np.isfinite(one), np.isfinite(other)))
