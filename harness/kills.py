"""Does a spec notice the mutants of its reference solution? Grades each until the first check that fails."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from harness import calls, judge, spec
from harness.answer import from_text
from harness.catalog import Shipped, SpecBroken
from harness.check import NeedsReview
from harness.driven import Driven, Outcome
from harness.handle import WorkerEnd
from harness.mutants import Mutant, identity, mutants
from harness.session import Session

ENOUGH = 0.95
MORE_SEEDS = 2  # for what survives the first
LEAST_CALL_S, PATIENCE = 1.0, 20  # a mutant's call may take so many times the reference's
MOST_OF_TRAINING = 60  # a training takes seconds, and its mutants are many


@dataclass(frozen=True)
class Score:
    """What came of the mutants that are not listed as equivalent, and of the list."""

    mutants: int
    survivors: tuple[Mutant, ...]
    caught: tuple[tuple[Mutant, str], ...] = ()  # listed as equivalent, but some check fails
    stale: tuple[spec.Equivalent, ...] = ()  # listed, but no mutant

    @property
    def killed(self) -> int:
        return self.mutants - len(self.survivors)

    @property
    def share(self) -> float:
        return self.killed / self.mutants if self.mutants else 1.0

    def problems(self) -> Iterator[str]:
        """What the author must change."""
        if self.share < ENOUGH:
            yield (
                f"{self.killed} of {self.mutants} mutants are caught, {self.share:.1%} of the {ENOUGH:.0%} wanted: add a "
                "case for a survivor, or list it as Equivalent with the reason"
            )
        for one in self.stale:
            yield f"equivalent: no mutant of {one.function or 'the module'} makes {one.after!r} of {one.before!r}"
        for mutant, check in self.caught:
            yield f"equivalent: {mutant.after!r} in {mutant.function or 'the module'} is caught by {check}, so it is none"


def score(
    shipped: Shipped, session: Session, progress: judge.Progress = lambda done, total: None, most: int | None = None
) -> Score:
    """Grade the mutants of solutions/reference.py; `most`: only so many of them, always the same. Raises SpecBroken."""
    every = mutants(shipped.reference.read_text("utf-8"), [part.name for part in shipped.exercise.parts])
    listed = {identity(one): one for one in shipped.exercise.equivalent}
    chosen = sample(every, most)
    outcomes = []
    with closing_what_it_opens(session):
        trial = Trial(shipped, session)
        for number, mutant in enumerate(chosen):
            progress(number, len(chosen))
            outcomes.append((mutant, trial.caught_by(mutant)))
    return Score(
        mutants=sum(1 for mutant in chosen if mutant.identity not in listed),
        survivors=tuple(m for m, check in outcomes if not check and m.identity not in listed),
        caught=tuple((m, check) for m, check in outcomes if check and m.identity in listed),
        stale=tuple(one for key, one in listed.items() if key not in {m.identity for m in every}),
    )


def sample(every: list[Mutant], most: int | None) -> list[Mutant]:
    """At most so many, in their order, chosen by seed 0."""
    if most is None or len(every) <= most:
        return every
    return [every[i] for i in sorted(random.Random(0).sample(range(len(every)), most))]


@dataclass
class Trial:
    """The reference solution at work, how long each check takes it, and the mutants one after the other."""

    shipped: Shipped
    session: Session
    seconds: dict[tuple[str, str, str | None], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reference = self.session.open_shipped(self.shipped, self.shipped.reference)
        timed, seed = Timed(self.reference), calls.fresh_seed()
        one = judge.Judge(self.shipped, timed, self.reference, seed)  # type: ignore[arg-type]
        for item in judge.plan(self.shipped, seed):
            timed.longest = 0.0
            if not one.result(*item).passed:
                raise SpecBroken(f"the reference solution fails {item[0].name}/{item[1].name}")
            self.seconds[_key(item)] = timed.longest

    def caught_by(self, mutant: Mutant) -> str:
        """The check that fails first, or how the mutant ended; '' where it survives three seeds."""
        try:
            with closing_what_it_opens(self.session):
                answer, outcome = self.session.open(
                    self.shipped, from_text(self.shipped.id, mutant.source_text), ours=True
                )
                if outcome.status != "done":
                    return "not loading"
                seeds = (calls.fresh_seed() for _ in range(1 + MORE_SEEDS))
                return next(filter(None, (self._failed(answer, seed) for seed in seeds)), "")
        except WorkerEnd as end:
            return f"its end ({end.verdict})"
        except (NeedsReview, SpecBroken) as error:  # a check that cannot digest it has not let it pass
            return f"{type(error).__name__}"

    def _failed(self, answer: Driven, seed: int) -> str:
        one = judge.Judge(self.shipped, answer, self.reference, seed)
        usual = self.shipped.exercise.limits.call_s
        crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # a busy machine is no endless loop
        for item in sorted(judge.plan(self.shipped, seed), key=lambda item: self.seconds[_key(item)]):
            patience = min(usual, max(LEAST_CALL_S * crowd, PATIENCE * self.seconds[_key(item)]))
            answer.worker.allowance = replace(answer.worker.allowance, call_s=patience)
            if not one.result(*item).passed:
                return f"{item[0].name}/{item[1].name}"
        return next((f"{r.part}/{r.name}" for r in one.untouched_inputs() if not r.passed), "")


@dataclass
class Timed:
    """Stands in place of the reference's worker and remembers its longest call."""

    honest: Driven
    longest: float = 0.0

    def call(self, part: spec.Part, inputs: dict[str, Any], expected: Any, dtype: str | None) -> Outcome:
        start = time.monotonic()
        outcome = self.honest.call(part, inputs, expected, dtype)
        self.longest = max(self.longest, time.monotonic() - start)
        return outcome


def _key(item: judge.Item) -> tuple[str, str, str | None]:
    return item[0].name, item[1].name, item[2]


@contextlib.contextmanager
def closing_what_it_opens(session: Session) -> Iterator[None]:
    """Close every worker that was opened meanwhile, also those that died."""
    before = {id(driven) for driven in session.opened}
    try:
        yield
    finally:
        for driven in [one for one in session.opened if id(one) not in before]:
            session.close(driven)
