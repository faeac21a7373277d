"""Is an exercise complete, and does its spec catch what it says? Judges the judge's own material; writes no report.

Quick: files, names, the template, each solution and each mistake on one seed, the same every time. Thorough, on fresh ones: a right answer on 1,000 seeds
in every type, each mistake on 200 by the check that it names; mutants of the reference, of which 95% must be caught.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness import calls, gradient, impostors, judge, kills, oracle, scaffold, schedule, soundness, spec, trials
from harness.answer import from_text
from harness.catalog import Shipped, SpecBroken
from harness.handle import WorkerEnd
from harness.session import Session
from harness.slots import bytes_of
from harness.trials import Effort, fresh_seeds

MOST_TIMED_BYTES, MOST_ORACLE_S = 256 * 2**20, 2.0
DRIVE_IMPORTS = {"numpy", "torch", "cupy", "array_api_compat"}


@dataclass
class Findings:
    """What lint found in one exercise: problems, and the rows of its table (what, seeds, misses)."""

    exercise: str
    problems: list[str] = field(default_factory=list)
    rows: list[tuple[str, int, int]] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)


def lint(shipped: Shipped, session: Session, effort: Effort, say: Callable[[str], None] = lambda _: None) -> Findings:
    """Every problem of the exercise for the session's backend, all at once."""
    found = Findings(shipped.id)
    try:
        for look in (_unfinished, _files, _names, _timings, _drive):
            found.problems += look(shipped)
        if found.problems or session.setting.backend not in shipped.exercise.policy.backends:
            return found
        for step in (_solutions,) if effort.only_right else STEPS:
            say(f"{shipped.id}: {step.__name__.strip('_')}")
            step(shipped, session, found, effort)
        if effort.mutants:
            _mutants(shipped, session, found, effort.most, say)
    except SpecBroken as error:
        found.problems.append(str(error))
    except TimeoutError as error:
        found.problems.append(f"a worker did not answer ({error}): lint again when the machine is less busy")
    except (OSError, SyntaxError) as error:
        found.problems.append(f"a file of the exercise cannot be read: {error}")
    except WorkerEnd as end:
        found.problems.append(f"a shipped solution: {end.verdict}, {end.words}")
    return found


def _unfinished(shipped: Shipped) -> Iterator[str]:
    return scaffold.unfinished(shipped.folder)


def _files(shipped: Shipped) -> Iterator[str]:
    for name in ("exercise.py", "test_implementation.py", "spec.py", "solutions/reference.py"):
        if not (shipped.folder / name).is_file():
            yield f"{name} is missing"
    if len(shipped.solutions) < 2:
        yield "there is no further solution beside solutions/reference.py"


def _names(shipped: Shipped) -> Iterator[str]:
    exercise = shipped.exercise
    if len(exercise.hints) != 3:
        yield f"there are {len(exercise.hints)} hints; three are wanted, from a nudge to nearly the answer"
    checks = {name for part in exercise.parts for c in part.checks for name in (c.name, f"{part.name}/{c.name}")}
    limits = set(spec.Limits.__dataclass_fields__)
    reference = shipped.reference.read_text("utf-8") if shipped.reference.is_file() else ""
    for mistake in exercise.mistakes:
        if mistake.caught_by not in checks | limits:
            yield f"mistake {mistake.name!r}: no case, property or limit is called {mistake.caught_by!r}"
        if mistake.file is not None and not (shipped.folder / mistake.file).is_file():
            yield f"mistake {mistake.name!r}: {mistake.file} is missing"
        if mistake.file is None and reference and reference.count(mistake.find or "") != 1:
            yield f"mistake {mistake.name!r}: its `find` occurs {reference.count(mistake.find or '')} times in solutions/reference.py"
    for part in exercise.parts:
        if sum(x is not None for x in (part.oracle, part.verify, part.p_value)) != 1:
            yield f"part {part.name!r}: exactly one of oracle, verify and p_value is wanted"
        if part.gradient_of and part.gradient_of not in {p.name for p in exercise.parts}:
            yield f"part {part.name!r}: it is the gradient of {part.gradient_of!r}, which is no part"
        if len(part.properties) == 0 and part.oracle is None and part.verify is None and part.p_value is None:
            yield f"part {part.name!r} checks nothing"
        names = [c.name for c in part.checks]
        yield from (
            f"part {part.name!r}: two checks are called {n!r}" for n in sorted({n for n in names if names.count(n) > 1})
        )


def _timings(shipped: Shipped) -> Iterator[str]:
    """A timing must fit into memory, its oracle into a block, and its series into the parameters it has."""
    for timing in shipped.exercise.timings:
        part, name = shipped.exercise.part(timing.part), timing.case.name
        if timing.scaling is not None and not isinstance(timing.case.params.get(timing.scaling), int):
            yield f"timing {name!r}: its case has no integer {timing.scaling!r} that could grow"
            continue
        for solution in timing.yardstick.values():
            if not (shipped.folder / "solutions" / solution).is_file():
                yield f"timing {name!r}: its yardstick solutions/{solution} is missing"
        call = calls.draw(part, timing.case, timing.dtype, 0)
        start = time.process_time()  # on a busy machine the wall said 3 s of an oracle of 0.2
        expected = oracle.right_answer(part, call.inputs)
        seconds = time.process_time() - start
        size = bytes_of(calls.crossing(call.inputs)) + calls.template(part, call.inputs, expected, call.dtype, 0)[1]
        if size > MOST_TIMED_BYTES:
            yield f"timing {name!r}: inputs and outputs have {size / 2**20:.0f} MiB, more than {MOST_TIMED_BYTES // 2**20}"
        if seconds > MOST_ORACLE_S:
            yield f"timing {name!r}: its oracle takes {seconds:.1f} s, more than {MOST_ORACLE_S:g}"
        for smaller in schedule.sizes(timing)[:-1]:
            calls.draw(part, schedule.shrunk(timing, smaller).case, timing.dtype, 0)


def _drive(shipped: Shipped) -> Iterator[str]:
    """drive.py goes into the worker: it may import nothing that knows an expected value."""
    import sys

    allowed = DRIVE_IMPORTS | set(sys.stdlib_module_names)
    for node in ast.walk(ast.parse(shipped.drive or "", "drive.py")):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
        yield from (f"drive.py line {node.lineno} imports {n}" for n in names if n.split(".")[0] not in allowed)  # type: ignore[attr-defined]


def _gradients(shipped: Shipped, session: Session, found: Findings, effort: Effort) -> None:
    """Each backward's oracle against central differences of its forward's, on its ordinary cases."""
    for part in shipped.exercise.parts:
        forward = shipped.exercise.part(part.gradient_of).oracle if part.gradient_of else None
        if forward is None:
            continue
        for case in (c for c in part.cases if c.mark == "correct"):
            seeds = fresh_seeds(f"{shipped.id}/{part.name}/{case.name}", 10 if effort.thorough else 1)
            error = float(np.max([_gradient_error(part, forward, case, seed) for seed in seeds]))
            if not error <= gradient.MOST:  # nan is no error that is small enough
                found.problems.append(
                    f"{part.name}/{case.name}: its oracle is off the central difference by {error:.1g}"
                )


def _gradient_error(part: spec.Part, forward: Callable[..., Any], case: spec.Case, seed: int) -> float:
    inputs = calls.draw(part, case, "float64", seed).inputs
    try:
        return gradient.gradient_error(part, forward, inputs, calls.stream(seed, "direction"))
    except Exception as error:
        raise SpecBroken(f"the gradient of {part.name}/{case.name}: {type(error).__name__}: {error}") from error


def _template(shipped: Shipped, session: Session, found: Findings, _: Effort) -> None:
    source = from_text(shipped.id, (shipped.folder / "exercise.py").read_text("utf-8"))
    answer, outcome = session.open(shipped, source)
    if outcome.status != "done" or outcome.value:
        found.problems.append(f"exercise.py does not load or lacks {outcome.value}: {outcome.words}")
        return
    grade = judge.grade(judge.Judge(shipped, answer, answer, calls.named_seed(shipped.id)))
    if grade.verdict != "not written yet" or len(grade.missing) != len(shipped.exercise.parts):
        found.problems.append(
            f"exercise.py: the template's verdict is {grade.verdict!r}, not 'not written yet' for every part"
        )
    session.close(answer)


def _soundness(shipped: Shipped, session: Session, found: Findings, effort: Effort) -> None:
    found.problems += soundness.problems(shipped, session, list(fresh_seeds(shipped.id, 10 if effort.thorough else 1)))


def _solutions(shipped: Shipped, session: Session, found: Findings, effort: Effort) -> None:
    backend = session.setting.backend
    for one in trials.right_answers(shipped, session, effort):
        found.rows.append((f"{one.name.removesuffix('.py')} ({backend}) passes", one.seeds, one.misses))
        if one.misses:
            found.problems.append(
                f"solutions/{one.name} ({backend}) fails on {one.misses} of {one.seeds} seeds: {one.example}"
            )


def _mistakes(shipped: Shipped, session: Session, found: Findings, effort: Effort) -> None:
    named = {mistake.name: mistake.caught_by for mistake in shipped.exercise.mistakes}
    for one in trials.mistakes(shipped, session, effort):
        found.rows.append((f"mistake: {one.name}", one.seeds, one.misses))
        if one.misses:
            found.problems.append(
                f"mistake {one.name!r}: {named[one.name]!r} misses it on {one.misses} of {one.seeds} seeds"
            )


def _impostors(shipped: Shipped, session: Session, found: Findings, _: Effort) -> None:
    found.problems += impostors.passing(shipped, session)


STEPS = (_gradients, _template, _soundness, _solutions, _mistakes, _impostors)


def _mutants(shipped: Shipped, session: Session, found: Findings, most: int | None, say: Callable[[str], None]) -> None:
    if session.setting.backend not in shipped.solution_backends(shipped.reference):
        return
    if shipped.exercise.trains:
        most = min(most or kills.MOST_OF_TRAINING, kills.MOST_OF_TRAINING)
    came = kills.score(shipped, session, lambda n, of: say(f"{shipped.id}: mutant {n + 1} of {of}"), most)
    found.rows.append(("mutants caught", came.mutants, len(came.survivors)))
    found.survivors += [f"line {mutant.line}: {mutant.paste()}" for mutant in came.survivors]
    found.problems += came.problems()
