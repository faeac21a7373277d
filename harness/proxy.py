"""The answer as a property or a worked example calls it. Decides nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import calls, oracle, spec
from harness.catalog import SpecBroken
from harness.check import Broken, Finding, compare
from harness.driven import Outcome

if TYPE_CHECKING:
    from harness.judge import Judge

MAX_PROPERTY_CALLS = 16
ROUGHLY = spec.Tolerance(1e-2, "only to see whose fault an exception in a check is")


class NotWritten(Exception):
    """A property or example called a part that is not there yet."""


class Proxy:
    """The answer as properties and examples see it: call it, or one of its parts by name. Remembers the last call."""

    def __init__(self, judge: Judge, part: spec.Part, dtype: str | None) -> None:
        self._judge, self._part, self._dtype, self._count = judge, part, dtype, 0
        self.last = calls.Call(part, part.cases[0], dtype, {}, "")
        self.outcome: Outcome | None = None
        self.expected: Any = None
        self.was_wrong = False  # has any call so far returned something else than the oracle says?

    def __call__(self, **inputs: Any) -> Any:
        return self._call(self._part, inputs)

    def again(self) -> None:
        """The same property from its beginning."""
        self._count = 0

    def part(self, name: str, /, **inputs: Any) -> Any:
        return self._call(self._judge.shipped.exercise.part(name), inputs)

    def _call(self, part: spec.Part, inputs: dict[str, Any]) -> Any:
        self._count += 1
        if self._count > MAX_PROPERTY_CALLS:
            raise SpecBroken(f"a property of {part.name} calls the answer more than {MAX_PROPERTY_CALLS} times")
        dtype = self._dtype or (_float_type(inputs) if part.dtypes else None)
        given = calls.cast(inputs, dtype)
        self.last = replace(self.last, part=part, dtype=dtype, inputs=given)
        self.expected = self._right_answer(part, given)
        outcome = self.outcome = self._judge.call(part, given, self.expected, dtype)
        if outcome.status == "not written":
            raise NotWritten
        finding = told(outcome)
        if finding is not None:
            raise Broken(finding)
        if self.expected is not None:
            right = compare(outcome.value, self.expected, None, dtype, ROUGHLY) is None
            self.was_wrong = self.was_wrong or not right
        return outcome.value

    def _right_answer(self, part: spec.Part, given: dict[str, Any]) -> Any:
        """The oracle's; where it cannot digest something wrong that the answer returned before, that is the answer's failure."""
        try:
            return oracle.right_answer(part, given)
        except SpecBroken as error:
            if not self.was_wrong:
                raise
            raise Broken(Finding(f"what it returned before is no input for {part.name}")) from error


class HalfExact(Proxy):
    """Some calls give the reference's output and some the exact one, by chance: what parts the two shows, also where it errs alike."""

    def __init__(self, judge: Judge, part: spec.Part, dtype: str, rng: np.random.Generator) -> None:
        super().__init__(judge, part, dtype)
        self._rng = rng

    def _call(self, part: spec.Part, inputs: dict[str, Any]) -> Any:
        value = super()._call(part, inputs)
        if self.expected is None or self._rng.random() < 0.5:
            return value
        return calls.cast({"exact": self.expected}, self.last.dtype)["exact"]


def told(outcome: Outcome) -> Finding | None:
    """What an outcome without a value says in words."""
    if outcome.status == "mismatch":
        return Finding(outcome.words)
    if outcome.status == "raised":
        said = f"{outcome.names[0] if outcome.names else 'an exception'}: {outcome.words}".rstrip(": ")
        return Finding(f"it raised {said}")
    return None


def _float_type(inputs: dict[str, Any]) -> str:
    """The float type that an example's arrays have, float64 where none floats."""
    found: list[str] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
            found.append(str(value.dtype))
        return value

    calls.map_leaves(leaf, inputs)
    return found[0] if found else "float64"
