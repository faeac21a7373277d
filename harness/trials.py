"""Right answers and known mistakes, judged on one seed or on many: how often is the verdict wrong? Says nothing of the rest."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from harness import calls, judge, spec
from harness.answer import Source, from_text
from harness.catalog import Shipped, SpecBroken
from harness.check import NeedsReview
from harness.driven import Driven
from harness.grade import Grade
from harness.handle import WorkerEnd
from harness.session import Session

RIGHT_SEEDS, MISTAKE_SEEDS = 1000, 200
TRAINING_SECONDS, TRAINING_SEEDS = 300.0, 20
FEWEST_SEEDS = 3  # however little time there is
RIGHT_SHARE, MISTAKE_SHARE = 0.4, 0.25  # of an exercise's time; the mutants take the rest, 10 to 60 s
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Effort:
    """What is asked of an exercise: many seeds (thorough), or so many, or those that fit into its seconds; all `mutants`, or the `most`."""

    thorough: bool = False
    seeds: int | None = None
    seconds: float | None = None
    only_right: bool = False
    mutants: bool = False
    most: int | None = None

    def within(self, share: float, outcomes: Generator[Outcome, None, None]) -> list[Outcome]:
        """The outcomes, each of a seed, until that share of the time is over."""
        start, most = time.monotonic(), inf if self.seconds is None else share * self.seconds
        came: list[Outcome] = []
        with closing(outcomes):
            for outcome in outcomes:
                came.append(outcome)
                if len(came) >= FEWEST_SEEDS and time.monotonic() - start > most:
                    break
        return came


@dataclass(frozen=True)
class Tried:
    """A solution or a mistake on so many seeds, and on how many of them the verdict was wrong; the first of those in words."""

    name: str
    seeds: int
    misses: int
    example: str = ""


def fresh_seeds(name: str, count: int) -> Iterator[int]:
    """Fresh ones; a single one is always that of the name, so that CI says of a change what is the change's."""
    return (calls.fresh_seed() if count > 1 else calls.named_seed(name) for _ in range(count))


def right_answers(shipped: Shipped, session: Session, effort: Effort) -> Iterator[Tried]:
    """Each shipped solution for the session's backend; named by its file."""
    backend = session.setting.backend
    reference = session.open_shipped(shipped, shipped.reference_for(backend))
    paths = [path for path in shipped.solutions if backend in shipped.solution_backends(path)]
    wanted = effort.seeds or (RIGHT_SEEDS if effort.thorough else 1)
    share = (1.0 if effort.only_right else RIGHT_SHARE) / len(paths)
    for path in paths:
        answer = session.open_shipped(shipped, path)
        came = effort.within(share, _failures(shipped, answer, reference, wanted))
        yield Tried(path.name, len(came), sum(map(bool, came)), next(filter(None, came), ""))
        session.close(answer)
    session.close(reference)


def _failures(shipped: Shipped, answer: Driven, reference: Driven, wanted: int) -> Generator[str, None, None]:
    """For each seed how it fails, in words; '' where it passes. Training takes what fits in five minutes, at least 20."""
    start = time.monotonic()
    for ran, seed in enumerate(fresh_seeds(shipped.id, wanted), 1):
        grade = judge.grade(judge.Judge(shipped, answer, reference, seed))
        yield "" if grade.verdict == "passed" else f"seed {seed}, {grade.verdict}: {grade.words}; {_first(grade)}"
        if shipped.exercise.trains and ran >= TRAINING_SEEDS and time.monotonic() - start > TRAINING_SECONDS:
            return


def _first(grade: Grade) -> str:
    return next((f"{r.part}/{r.name}/{r.dtype}: {r.message}" for r in grade.failed), "")


def mistaken(shipped: Shipped, mistake: spec.Mistake) -> Source:
    """The mistake as an answer."""
    if mistake.file is not None:
        return from_text(shipped.id, (shipped.folder / mistake.file).read_text("utf-8"))
    return from_text(
        shipped.id, shipped.reference.read_text("utf-8").replace(mistake.find or "", mistake.replace or "")
    )


def mistakes(shipped: Shipped, session: Session, effort: Effort) -> Iterator[Tried]:
    """Each known mistake: is it caught by what it names? None where the reference, which they edit, has another backend."""
    if session.setting.backend not in shipped.solution_backends(shipped.reference):
        return
    reference, known = session.open_shipped(shipped, shipped.reference), shipped.exercise.mistakes
    wanted = min(effort.seeds or MISTAKE_SEEDS, MISTAKE_SEEDS) if effort.thorough else 1
    wanted = min(wanted, TRAINING_SEEDS) if shipped.exercise.trains else wanted
    for mistake in known:
        came = effort.within(MISTAKE_SHARE / len(known), _catches(shipped, session, mistake, reference, wanted))
        yield Tried(mistake.name, len(came), came.count(False))
    session.close(reference)


def _catches(
    shipped: Shipped, session: Session, mistake: spec.Mistake, reference: Driven, wanted: int
) -> Generator[bool, None, None]:
    """For each of so many seeds: does the named check fail, in any type? Where a limit is named, its verdict counts."""
    answer: Driven | None = None
    is_limit = mistake.caught_by in spec.Limits.__dataclass_fields__
    try:
        for seed in fresh_seeds(f"{shipped.id}/{mistake.name}", wanted):
            try:
                if answer is None:
                    answer, outcome = session.open(shipped, mistaken(shipped, mistake))
                    if outcome.status != "done":
                        raise SpecBroken(f"mistake {mistake.name!r} does not load: {outcome.words}")
                one = judge.Judge(shipped, answer, reference, seed)
                plan = judge.plan(shipped, seed)
                items = [item for item in plan if is_limit or judge.is_named(item, mistake.caught_by)]
                passed = [one.result(*item).passed for item in items]  # all: any may be the one that hits a limit
                yield not is_limit and not all(passed)
            except WorkerEnd as end:
                answer = None
                yield is_limit and end.verdict in ("timed out", "out of memory")
            except NeedsReview:
                yield True
    finally:  # also where the time is over, and no further seed is asked for
        if answer is not None:
            session.close(answer)
