"""Banned calls that the syntax tree does not show: one untimed run of each part in a tracing worker. Judges no value.

The judge's half of the second and third net (contract.md, 4): which inputs, which worker, and which of the names that
it saw are banned. What the traced run returns, raises or prints does not matter here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness import calls, oracle, policy, spec
from harness.answer import Source
from harness.catalog import Shipped, SpecBroken
from harness.driven import Driven
from harness.handle import WorkerEnd
from harness.policy import Use
from harness.session import Session

MOST_NAMES = 10_000


@dataclass(frozen=True)
class Traced:
    """What the traced run showed: banned calls, and `ended`, how its process died before it could tell; '' if it did not."""

    uses: tuple[Use, ...] = ()
    ended: str = ""


def traced(shipped: Shipped, source: Source, opened: Session, earned: Iterable[str], seed: int) -> Traced:
    """Every banned call that the answer's own files made while they were imported and while each part ran once.

    Training parts are left out: the profiler makes a loop of minutes one of hours. A worker that dies here dies in the
    graded run too, which says so; one that does not has to be looked at.
    """
    try:
        driven, outcome = opened.open(shipped, source, trace=True)
    except WorkerEnd as end:
        return _stopped(end)
    try:
        if outcome.status == "done":
            for part in shipped.exercise.parts:
                if not part.training:
                    _run(driven, part, seed)
        told = driven.traced()
    except WorkerEnd as end:
        return _stopped(end)
    finally:
        opened.close(driven)
    return Traced(tuple(_banned(shipped.exercise.policy, source, told, earned)))


def _stopped(end: WorkerEnd) -> Traced:
    """Too much time or memory is no sign: a traced call takes more of both, several times as much on a busy machine."""
    return Traced(ended="" if end.verdict in ("timed out", "out of memory") else end.words)


def _run(driven: Driven, part: spec.Part, seed: int) -> None:
    """The first case in its first type."""
    case = next(iter(part.cases), None)
    if case is None:
        return
    dtype = part.types_of(case)[0]
    try:
        call = calls.draw(part, case, dtype, seed)
        driven.call(part, call.inputs, oracle.right_answer(part, call.inputs), dtype)
    except SpecBroken:  # it will be told where it counts
        return


def _banned(rules: spec.Policy, source: Source, told: Any, earned: Iterable[str]) -> Iterator[Use]:
    texts = {path: content.decode("utf-8", "replace").splitlines() for path, content in source.tree.items()}
    bans = policy.active(rules, earned)
    for name, file, line in _well_formed(told):
        path = file.removeprefix("impls/")
        ban = next((ban for alias in _aliases(name) for ban in bans if policy.within(alias, ban)), None)
        if ban is not None and path in texts and 0 < line <= len(texts[path]):
            shown = path.removeprefix(f"{source.exercise}/")
            yield Use(shown, line, name, texts[path][line - 1].strip()[:120], bans[ban].unless_earned)


def _well_formed(told: Any) -> Iterator[tuple[str, str, int]]:
    """The worker may tell anything: names of the right types alone."""
    for one in told[:MOST_NAMES] if isinstance(told, list) else ():
        if (
            isinstance(one, list)
            and len(one) == 3
            and isinstance(one[0], str)
            and isinstance(one[1], str)
            and type(one[2]) is int
        ):
            yield one[0], one[1], one[2]


def _aliases(name: str) -> Iterator[str]:
    """A method of an array or tensor is the function of the same name."""
    yield name
    for prefix, library in (("numpy.ndarray.", "numpy."), ("torch.Tensor.", "torch.")):
        if name.startswith(prefix):
            yield library + name.removeprefix(prefix).strip("_")
