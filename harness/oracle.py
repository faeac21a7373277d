"""The exact answer to given inputs, and inputs beside them. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness import calls, spec
from harness.catalog import SpecBroken

NEIGHBOURS = 16  # docs/decisions/0003-error-budget.md: with 8 a right transformer failed once in 5,000 runs
NUDGE_EPS = 4.0  # so far is each number moved, up or down: every sum rounds afresh, and the problem stays what it is


def right_answer(part: spec.Part, inputs: dict[str, Any]) -> Any:
    """The right answer in float64; None where the part has no oracle. Raises SpecBroken for the oracle's own fault."""
    return run(part.oracle, part, inputs) if part.oracle else None


def run(oracle: Callable[..., Any], part: spec.Part, inputs: dict[str, Any]) -> Any:
    """An oracle on the same rounded numbers in float64; overflow and nan are values here, not warnings."""
    try:
        with np.errstate(all="ignore"):
            return oracle(**calls.for_oracle(inputs))
    except Exception as error:
        raise SpecBroken(f"the oracle of {part.name} raised {type(error).__name__}: {error}") from error


def neighbours(inputs: dict[str, Any], dtype: str) -> Iterator[dict[str, Any]]:
    """Inputs whose every number is off by a few roundings; always the same ones."""
    rng, by = calls.stream(0, "neighbours"), NUDGE_EPS * float(np.finfo(dtype).eps)

    def nudged(value: Any) -> Any:
        if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in "fc":
            return value
        with np.errstate(all="ignore"):
            wide = np.asarray(value, np.result_type(value.dtype, np.float64))
            return wide * (1 + by * rng.choice((-1.0, 1.0), np.shape(value)))

    for _ in range(NEIGHBOURS):
        yield calls.cast({name: calls.map_leaves(nudged, value) for name, value in inputs.items()}, dtype)


def alike(one: Any, other: Any) -> bool:
    """Do two outputs have the same shapes?"""
    if isinstance(other, (list, tuple)):
        return isinstance(one, (list, tuple)) and len(one) == len(other) and all(map(alike, one, other))
    if isinstance(other, dict):
        return isinstance(one, dict) and one.keys() == other.keys() and all(alike(one[k], other[k]) for k in other)
    return bool(np.shape(one) == np.shape(other))
