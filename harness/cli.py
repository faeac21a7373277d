"""The command `harness`: words to values, one call, values to words, exit code. Grades nothing itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.commands import ask, cohort, lint, new, speed, verify

if TYPE_CHECKING:
    from harness.attempt import Request
    from tracker.report import Report
    from tracker.workspace import Workspace


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scratchmark", prog_name="harness")
def harness() -> None:
    """Grade and time what you wrote from scratch, against reference oracles.

    Example: harness run attention
    """


@harness.command()
@click.argument("exercise")
@click.option("--answer", type=click.Path(path_type=Path), help="Grade this file or folder; writes no journal event.")
@ask.BACKEND
@click.option(
    "--device", default=None, type=click.Choice(["cpu", "cuda"]), help="[default: cpu; cuda for cupy and triton]"
)
@click.option("--seed", help="Hex digits, to see a run again: for debugging, earns no credit.")
@click.option("--case", "only", metavar="PART/NAME", help="Only this check, without timing, report or credit.")
@click.option("--quick", is_flag=True, help="Correctness only, no timing.")
@click.option("--budget", default=12.0, show_default=True, type=click.FloatRange(1, 3600), help="Seconds for timing.")
@ask.THREADS
@ask.SANDBOX
@click.option("--portable", is_flag=True, help="For macOS and Windows (experimental): no confinement, times advisory.")
@click.option("--demo", is_flag=True, help="Grade the shipped reference solution.")
@click.option("--no-save", is_flag=True, help="Write neither report nor journal event.")
@ask.AS_JSON
def run(
    exercise: str, answer: Path | None, backend: str, device: str | None, seed: str | None, only: str | None, quick: bool,
    budget: float, threads: int, sandbox: str, portable: bool, demo: bool, no_save: bool, as_json: bool,
) -> int:  # fmt: skip
    """Grade your impls/EXERCISE/, time it, write a report.

    Example: harness run attention --quick
    """
    from harness.attempt import Request
    from harness.catalog import SpecBroken
    from tracker.errors import UserError

    if demo and answer is not None:
        raise UserError("--demo grades the shipped solution, --answer another file", "leave out one of them")
    request = Request(
        exercise, backend, device or ("cuda" if backend in ("cupy", "triton") else "cpu"), answer, _seed(seed), quick, demo,
        budget, sandbox, only=only, threads=threads, portable=portable,
    )  # fmt: skip
    place = ask.workspace()
    try:
        found, saved, opened = _graded(place, request, save=not (no_save or only))
    except SpecBroken as error:  # before there was anything to report on
        return _no_spec(request, error, as_json)
    if as_json:
        click.echo(json.dumps(_facts(found, saved, opened), indent=1))
    else:
        from harness import view

        view.show(found, saved, opened)
    return _exit_code(found, demo)


def _no_spec(request: Request, error: Exception, as_json: bool) -> int:
    """An exercise whose spec cannot be read has no report, but a verdict."""
    words = {"exercise": request.exercise, "backend": request.backend, "verdict": "spec broken", "message": str(error)}
    empty: dict[str, Any] = {
        "parts": {},
        "marks": {},
        "cases": [],
        "timings": [],
        "demo": False,
        "report": None,
        "schema": 1,
    }
    said = f"{request.exercise}  spec broken\n{error}\nthe exercise is at fault, not your answer: harness lint {request.exercise}"
    click.echo(json.dumps(words | empty, indent=1) if as_json else said)
    return 3


def _graded(place: Workspace, request: Request, save: bool) -> tuple[Report, str | None, list[str]]:
    """Grade, keep what is worth keeping, and see what it opened."""
    from dataclasses import replace

    from harness.run import run
    from harness.store import save as keep
    from tracker import graph

    before = _map(place)
    own = request.answer is None and not request.demo
    earned = (
        before.progress.passed if own and before else graph.earnable(before.roadmap, request.exercise) if before else ()
    )
    with ask.progress() as say:
        found = run(place, replace(request, earned=frozenset(earned)), say)
    if not save:
        return found, None, []
    credit = own and not found.demo and not found.seed_given
    path = keep(place, found, to_journal=credit)
    opened = graph.newly_opened(before, _map(place)) if before and credit else []
    return found, path.relative_to(place.root).as_posix() if path else None, opened


def _map(place: Workspace) -> Any:
    """The learner's map; None where the roadmap is broken, which `tracker lint` explains and must not stop a grading."""
    from tracker import graph
    from tracker.errors import UserError

    try:
        return graph.read(place)
    except UserError as error:
        click.echo(f"the roadmap cannot be read, so nothing will be unlocked: {error.message} (tracker lint)", err=True)
        return None


def _facts(found: Report, saved: str | None, opened: list[str]) -> dict[str, Any]:
    """The keys that other programs rely on (contract.md, 7), and what helps beside them."""
    from tracker import report

    whole = json.loads(report.dump(found))
    keys = ("exercise", "backend", "verdict", "parts", "marks", "cases", "timings", "scalings", "memory", "roof", "conditions", "seed", "sandbox", "source_hash", "demo", "schema",
            "demo_verdict", "message", "mark_notes", "failure", "seed_given", "similarity", "printed")  # fmt: skip
    return {key: whole[key] for key in keys} | {"report": saved, "opened": opened}


def _exit_code(found: Report, demo: bool) -> int:
    from tracker.report import Verdict

    decisive = found.demo_verdict if found.demo else found.verdict
    if decisive is Verdict.SPEC_BROKEN:
        return 3
    if found.demo and not demo and not sys.stdout.isatty():
        return 1
    return 0 if decisive is Verdict.PASSED else 1


def _seed(text: str | None) -> int | None:
    from tracker.errors import UserError

    try:
        value = None if text is None else int(text, 16)
    except ValueError:
        value = -1
    if value is not None and not 0 <= value < 2**128:
        raise UserError(f"--seed {text}: a seed is 1 to 32 hex digits", "take the one that a report shows")
    return value


@harness.command("list")
@ask.AS_JSON
def list_(as_json: bool) -> int:
    """All exercises, and whether you have begun them.

    Example: harness list
    """
    from tracker import workspace

    place = ask.workspace()
    rows = [{"exercise": name, "begun": (place.impls / name).is_dir()} for name in workspace.exercise_ids(place)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            click.echo(f"{row['exercise']:<24} {'begun' if row['begun'] else 'tracker start ' + str(row['exercise'])}")
    return 0


@harness.command()
@click.argument("exercise")
@click.option(
    "--level", type=click.IntRange(1, 3), default=1, show_default=True, help="1 is a nudge, 3 nearly the answer."
)
@ask.AS_JSON
def hint(exercise: str, level: int, as_json: bool) -> int:
    """One of an exercise's three hints; the journal notes that you took it.

    Example: harness hint softmax --level 2
    """
    from harness.catalog import Shipped
    from tracker import journal, workspace

    place = ask.workspace()
    hints = Shipped(exercise, workspace.exercise_folder(place, exercise)).exercise.hints
    text = hints[min(level, len(hints)) - 1]
    journal.append(place.journal, "hint", exercise=exercise, level=level)
    more = f"more: harness hint {exercise} --level {level + 1}" if level < len(hints) else ""
    click.echo(
        json.dumps({"exercise": exercise, "level": level, "hint": text}) if as_json else f"{text}\n{more}".rstrip()
    )
    return 0


@harness.command()
@click.argument("exercise")
@click.option("--name", metavar="FILE", help="Which solution; the others are listed below it.  [default: reference.py]")
@click.option(
    "--spoil", is_flag=True, help="Before you have passed; the journal notes it, and your portfolio shows it."
)
@ask.AS_JSON
def solution(exercise: str, name: str | None, spoil: bool, as_json: bool) -> int:
    """A shipped solution of an exercise that you have passed.

    Example: harness solution softmax --name vectorized.py
    """
    from harness.catalog import Shipped
    from tracker import journal, workspace
    from tracker.errors import UserError

    place = ask.workspace()
    shipped = Shipped(exercise, workspace.exercise_folder(place, exercise))
    texts = {path.name: path.read_text("utf-8") for path in shipped.solutions}
    wanted = name or shipped.reference.name
    if wanted not in texts:
        raise UserError(
            f"{exercise} has no solution {wanted!r}",
            workspace.did_you_mean(wanted, texts) or f"it has {', '.join(texts)}",
        )
    before = _map(place)
    if before is None or exercise not in before.progress.passed:
        if not spoil:
            raise UserError(
                f"you have not passed {exercise} yet, so its solutions stay closed",
                f"harness hint {exercise} says some of it; harness solution {exercise} --spoil shows all, and the journal notes it",
            )
        journal.append(place.journal, "spoiled", exercise=exercise)
    others = [other for other in texts if other != wanted]
    if as_json:
        click.echo(json.dumps({"exercise": exercise, "name": wanted, "solution": texts[wanted], "others": others}))
    else:
        click.echo(f"{texts[wanted]}\n# {exercise}: {wanted}" + (f"; others: {', '.join(others)}" if others else ""))
    return 0


for _command in (lint.lint, new.new, speed.compare, speed.bench, speed.doctor, cohort.cohort, verify.verify):
    harness.add_command(_command)
