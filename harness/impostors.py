"""Answers that did no work, to try a spec with: zeros, ones, NaN, the first input, another seed's outputs.

Each must fail at least one case of every part; a spec that lets one pass measures too little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness import calls, judge, spec
from harness.catalog import Shipped, SpecBroken
from harness.check import NeedsReview
from harness.driven import Driven, Outcome
from harness.session import Session

Trick = Callable[[Outcome, dict[str, Any]], Any]


def passing(shipped: Shipped, session: Session) -> Iterator[str]:
    """A sentence for every impostor that passes every case of a part."""
    honest = session.open_shipped(shipped, shipped.reference_for(session.setting.backend))
    for part in shipped.exercise.parts:
        for name, trick in _TRICKS.items():
            if not _fails(shipped, part, Impostor(honest, trick), calls.named_seed(part.name)):
                yield f"part {part.name!r}: an answer of {name} passes every case"
        stale = Stale(honest, lambda outcome, inputs: outcome.value)
        _fails(shipped, part, stale, calls.named_seed(f"{part.name}, before"))  # remembers this seed's outputs
        stale.repeats = True
        if not _fails(shipped, part, stale, calls.named_seed(part.name)):
            yield f"part {part.name!r}: an answer of another seed's outputs passes every case"
    session.close(honest)


@dataclass
class Impostor:
    """Stands in place of a worker: lets the reference solution work, and returns something else."""

    honest: Driven
    trick: Trick
    case: str = ""

    def call(self, part: spec.Part, inputs: dict[str, Any], expected: Any, dtype: str | None) -> Outcome:
        outcome = self.honest.call(part, inputs, expected, dtype)
        return Outcome("done", self.trick(outcome, inputs)) if outcome.status == "done" else outcome


@dataclass
class Stale(Impostor):
    """Works honestly on one seed, and on the next repeats what the same case gave before."""

    memory: dict[tuple[str, str | None], Any] = field(default_factory=dict)
    repeats: bool = False

    def call(self, part: spec.Part, inputs: dict[str, Any], expected: Any, dtype: str | None) -> Outcome:
        if self.repeats and (self.case, dtype) in self.memory:
            return Outcome("done", self.memory[self.case, dtype])
        outcome = self.honest.call(part, inputs, expected, dtype)
        self.memory[self.case, dtype] = outcome.value
        return outcome


def _fails(shipped: Shipped, part: spec.Part, impostor: Impostor, seed: int) -> bool:
    """Does any case of the part catch it? Cases that ask for an exception have no output to forge."""
    one = judge.Judge(shipped, impostor, impostor.honest, seed)  # type: ignore[arg-type]
    asked = [case for case in part.cases if not case.raises]
    for case in asked:
        impostor.case = case.name
        for dtype in part.types_of(case):
            try:
                if not one.result(part, case, dtype).passed:
                    return True
            except (NeedsReview, SpecBroken):  # a check that cannot digest it at all has not let it pass
                return True
    return not asked


def _filled(number: float) -> Trick:
    return lambda outcome, inputs: calls.map_leaves(lambda leaf: _like(leaf, number), outcome.value)


def _like(leaf: Any, number: float) -> Any:
    """The leaf's shape and type, filled with a number; texts and bytes as near as can be."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        with np.errstate(invalid="ignore"):
            return np.full(np.shape(leaf), number).astype(leaf.dtype)
    if isinstance(leaf, (str, bytes)):
        return type(leaf)()
    if isinstance(leaf, bool) or not isinstance(leaf, (int, float)):
        return leaf
    return type(leaf)(number if number == number or isinstance(leaf, float) else 0)


_TRICKS: dict[str, Trick] = {
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "nan": _filled(float("nan")),
    "the first input": lambda outcome, inputs: next(iter(calls.crossing(inputs).values())),
}
