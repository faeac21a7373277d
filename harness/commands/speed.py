"""`harness compare`, `bench`, `doctor`: words to values, one call, values to words. Measures nothing itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.commands import ask

if TYPE_CHECKING:
    from harness.compare import Comparison, Side
    from tracker.report import Report
    from tracker.workspace import Workspace


@click.command()
@click.argument("a")
@click.argument("b", required=False)
@click.option("--exercise", metavar="ID", help="What two .py files answer; reports know it.")
@click.option("--baseline", is_flag=True, help="Compare with what `bench --save-baseline` kept, not the last report.")
@ask.BACKEND
@click.option("--budget", default=30.0, show_default=True, type=click.FloatRange(1, 3600), help="Seconds, at most.")
@ask.THREADS
@click.option("--fail-if", type=click.Choice(["slower"]), help="Exit with 1 when B is slower.")
@ask.SANDBOX
@ask.AS_JSON
def compare(
    a: str, b: str | None, exercise: str | None, baseline: bool, backend: str, budget: float, threads: int,
    fail_if: str | None, sandbox: str, as_json: bool,
) -> int:  # fmt: skip
    """Is B faster than A? Two reports, two files, or one EXERCISE: your file now against its last graded version.

    Example: harness compare old.py new.py --exercise softmax
    """
    from harness import compare as comparing

    place = ask.workspace()
    before, after = _sides(place, a, b, exercise, backend, baseline)
    with ask.progress() as say:
        found = comparing.compare(
            place,
            before,
            after,
            after.backend or backend,
            budget_s=budget,
            sandbox=sandbox,
            threads=threads,
            say=say,
        )
    click.echo(json.dumps(_facts(found), indent=1) if as_json else _words(found))
    return 1 if found.message or (fail_if == found.verdict) else 0


def _sides(
    place: Workspace, a: str, b: str | None, exercise: str | None, backend: str, baseline: bool
) -> tuple[Side, Side]:
    from harness import compare as comparing

    if b is not None:
        before = comparing.side(place, a, exercise, backend)
        return before, comparing.side(place, b, exercise or before.source.exercise, backend)
    if Path(a).suffix == ".py" and exercise is not None:
        before, _ = comparing.own_sides(place, exercise, backend, baseline=baseline)
        return before, comparing.side(place, a, exercise, backend)
    return comparing.own_sides(place, a, backend, baseline=baseline)


def _facts(found: Comparison) -> dict[str, Any]:
    whole = asdict(found) | {"timings": [_timing(t) for t in found.timings]}
    return whole | {"fix": "harness run shows what is wrong"} if found.message else whole


def _timing(t: Any) -> dict[str, Any]:
    low, middle, high = t.interval
    return {
        "case": t.case, "part": t.part, "verdict": t.verdict, "ratio": round(middle, 4), "ratio_low": round(low, 4),
        "ratio_high": round(high, 4), "blocks": len(t.ratios),
    }  # fmt: skip


def _words(found: Comparison) -> str:
    if found.message:
        return f"{found.message}\nnext: harness run {found.exercise}"
    said = {"same": "takes the same time as", "cannot tell": "cannot be told from"}
    verb = said.get(found.verdict, f"is {found.verdict} than")
    lines = [
        f"{found.b} {verb} {found.a}: {found.ratio:.3f} times its time "
        f"({found.confidence:.0%} interval {found.ratio_low:.3f} to {found.ratio_high:.3f})"
    ]
    lines += [f"  {_line(t)}" for t in found.timings] if len(found.timings) > 1 else []
    lines.append(
        f"{found.sets} sets of processes in {found.seconds:.1f} s, stopped by {found.stopped}; "
        f"within {found.zone:.0%} of each other counts as the same"
    )
    if found.verdict == "cannot tell":
        lines.append("next: give it more time, --budget 120, or a quieter machine (harness doctor)")
    return "\n".join(lines)


def _line(t: Any) -> str:
    low, middle, high = t.interval
    return f"{t.part}, {t.case}: {middle:.3f} ({low:.3f} to {high:.3f}) {t.verdict}"


@click.command()
@click.argument("exercise")
@ask.BACKEND
@click.option("--answer", type=click.Path(path_type=Path), help="Time this file or folder instead of yours.")
@click.option("--budget", default=12.0, show_default=True, type=click.FloatRange(1, 3600), help="Seconds for timing.")
@ask.THREADS
@click.option("--save-baseline", is_flag=True, help="Keep it, for `harness compare EXERCISE --baseline`.")
@click.option("--export", type=click.Path(path_type=Path), metavar="FILE.json", help="Write pytest-benchmark's JSON.")
@ask.SANDBOX
@ask.AS_JSON
def bench(
    exercise: str, backend: str, answer: Path | None, budget: float, threads: int, save_baseline: bool,
    export: Path | None, sandbox: str, as_json: bool,
) -> int:  # fmt: skip
    """Time your answer again. It is graded first, since only what is right is timed; no report, no journal event.

    Example: harness bench softmax --budget 60
    """
    from harness.attempt import Request
    from harness.run import run

    place = ask.workspace()
    request = Request(exercise, backend, answer=answer, budget_s=budget, threads=threads, sandbox=sandbox)
    with ask.progress() as say:
        found = run(place, request, say)
    if save_baseline and not found.demo:
        _keep(place, found)
    if export is not None:
        _export(found, export)
    return _show(found, as_json)


def _keep(place: Workspace, found: Report) -> None:
    from harness import store
    from tracker import report

    path = place.reports / found.exercise / f"baseline-{found.backend}.json"
    store.write(path, report.dump(found))
    click.echo(f"kept as {path.relative_to(place.root)}: harness compare {found.exercise} --baseline", err=True)


def _export(found: Report, path: Path) -> None:
    from harness import export, store

    store.write(path, json.dumps(export.pytest_benchmark(found), indent=1) + "\n")


def _show(found: Report, as_json: bool) -> int:
    from harness import view

    if as_json:
        keys = ("timings", "scalings", "memory", "roof", "conditions")
        whole = asdict(found)
        facts = {"exercise": found.exercise, "verdict": found.verdict.value, "message": found.message}
        click.echo(json.dumps(facts | {key: whole[key] for key in keys}, indent=1))
    else:
        view.show_speed(found)
    return 0 if found.timings else 1


@click.command()
@click.option("--calibrate", is_flag=True, help="Measure the roof again instead of taking the kept one.")
@ask.AS_JSON
def doctor(calibrate: bool, as_json: bool) -> int:
    """This machine: cores, BLAS, threads, noise, GPU, sandbox, roof, and what would make figures better.

    Example: harness doctor
    """
    from harness import doctor as examining
    from tracker.workspace import packaged_content

    secret = next((packaged_content() / "curriculum").glob("*/softmax/solutions/reference.py"))
    rows = []
    for found in examining.examine(secret, calibrate):
        rows.append(asdict(found))
        if not as_json:
            click.echo(f"{found.what:<18} {found.found}")
            if found.advice:
                click.echo(f"{'':<18} → {found.advice}")
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    return 0
