"""Is a reference solution as right as its oracle? Its own error is what every answer is allowed four times of, so nothing else would tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness import calls, oracle, spec
from harness.catalog import Shipped
from harness.check import compare
from harness.driven import Driven
from harness.session import Session

# Relative to the largest element. Measured over all exercises, numpy and torch: at most 1e-11, 1e-4 and 2e-3.
MOST_OFF = {"float64": 1e-9, "float32": 1e-3, "float16": 1e-2, "bfloat16": 1e-1}


def problems(shipped: Shipped, session: Session, seeds: Sequence[int]) -> Iterator[str]:
    """A sentence for every case on which the reference is another function than the oracle, at most one a case."""
    reference = session.open_shipped(shipped, shipped.reference_for(session.setting.backend))
    for part in shipped.exercise.parts:
        if part.oracle is None or part.tolerance is not None:  # a tolerance does not depend on the reference
            continue
        for case in (case for case in part.cases if not case.raises):
            found = (_off(reference, part, case, dtype, seed) for dtype in part.types_of(case) for seed in seeds)
            yield from (f"{part.name}/{case.name}: {words}" for words in [next(filter(None, found), "")] if words)
    session.close(reference)


def _off(reference: Driven, part: spec.Part, case: spec.Case, dtype: str | None, seed: int) -> str:
    """What parts the two; '' where nothing does, or where there is no output, which its grading tells."""
    call = calls.draw(part, case, dtype, seed)
    expected = oracle.right_answer(part, call.inputs)
    outcome = reference.call(part, call.inputs, expected, dtype)
    sane = spec.Tolerance(MOST_OFF[dtype or "float64"], "no rounding is so large")
    finding = compare(outcome.value, expected, None, dtype, sane) if outcome.status == "done" else None
    return f"the reference is off its oracle ({dtype or 'no float'}): {finding.sentence}" if finding else ""
