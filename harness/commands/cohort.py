"""`harness cohort`: words to values, one call, values to words. Grades nothing itself."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.commands import ask

if TYPE_CHECKING:
    from harness.cohort.results import Results
    from harness.cohort.run import Execute, Order
    from tracker.workspace import Workspace

PATH = click.Path(path_type=Path)
FORMATS = click.Choice(["csv", "canvas", "moodle", "gradescope"])


@click.command()
@click.argument("submissions", type=PATH)
@click.option("--exercise", "exercises", multiple=True, required=True, metavar="ID", help="May be given several times.")
@click.option("--out", type=PATH, default=Path("results"), show_default=True, help="Where everything goes.")
@click.option("--roster", type=PATH, metavar="FILE.csv", help="id,name,email: who should have handed in.")
@click.option("--points", type=PATH, metavar="FILE.yaml", help="What each mark and part is worth.")
@click.option("--due", metavar="TIME", help="Deadline, for example 2026-11-30T23:59+01:00.")
@click.option("--late", default=0.0, type=click.FloatRange(0, 100), help="Percent lost for each day begun after --due.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=("csv",),
    show_default=True,
    type=FORMATS,
    help="May be given several times.",
)
@click.option("--regrade", multiple=True, metavar="ID", help="Grade this submission again.")
@click.option("--erase", metavar="LEARNER", help="Take away everything kept of a learner, and grade nothing.")
@click.option(
    "--sandbox",
    default="namespaces",
    show_default=True,
    type=click.Choice(["namespaces", "process"]),
    help="Confinement of the answers.",
)
@click.option(
    "--jobs",
    default=0,
    show_default="one for each core",
    type=click.IntRange(0, 256),
    help="Answers that are graded at once.",
)
@click.option("--timing", is_flag=True, help="Time the right ones too, one after another.")
@click.option(
    "--budget", default=12.0, show_default=True, type=click.FloatRange(1, 3600), help="Seconds of timing each."
)
@click.option("--show-inputs", is_flag=True, help="Show hidden inputs on the learners' pages.")
@click.option("--database", metavar="URL", help="postgresql+psycopg://… instead of SQLite in the out folder.")
@click.option("--name", default="cohort", show_default=True, help="Of this cohort, where a database holds several.")
@click.option("--executor", metavar="URL", help="ray://HOST:PORT, or ray:// for one on this machine.")
@ask.BACKEND
@ask.AS_JSON
def cohort(
    submissions: Path, exercises: tuple[str, ...], out: Path, roster: Path | None, points: Path | None, due: str | None, late: float,
    formats: tuple[str, ...], regrade: tuple[str, ...], erase: str | None, sandbox: str, jobs: int, timing: bool, budget: float,
    show_inputs: bool, database: str | None, name: str, executor: str | None, backend: str, as_json: bool,
) -> int:  # fmt: skip
    """Grade a folder of submissions: folders, .py files, zip and tar archives, one for each learner.

    Example: harness cohort submissions/ --exercise softmax --exercise attention --out results/
    """
    from harness.cohort import grades, results, run
    from tracker import graph
    from tracker.errors import UserError

    place = ask.workspace()
    if not submissions.is_dir():
        raise UserError(f"{submissions} is no folder", "give the folder that holds one entry for each learner")
    if erase is None and not any(not path.name.startswith(".") for path in submissions.iterdir()):
        raise UserError(f"{submissions} holds nothing", "put one folder, .py file or archive for each learner into it")
    roadmap = graph.read(place).roadmap
    wanted = tuple(dict.fromkeys(exercises))
    order = run.Order(
        submissions, out, wanted, sandbox, jobs, timing, budget, backend, tuple(grades.read_roster(roster)) if roster else (),
        grades.read_points(points) if points else grades.Points(), grades.Late(grades.read_due(due) if due else None, late),
        tuple(dict.fromkeys(formats)), show_inputs, {e: tuple(sorted(graph.earnable(roadmap, e))) for e in wanted},
    )  # fmt: skip
    with results.opened(database, out, name) as kept:
        if erase is not None:
            return _erased(place, order, kept, erase)
        return _graded(place, order, kept, regrade, executor, as_json)


def _graded(
    place: Workspace, order: Order, kept: Results, regrade: tuple[str, ...], executor: str | None, as_json: bool
) -> int:
    from harness.cohort import run
    from tracker.errors import UserError

    run.check_sandbox(place, order)
    unknown = [one for one in regrade if not kept.forget(one)]
    if unknown:
        raise UserError(f"--regrade {', '.join(unknown)}: no such submission here", "its id is in grades.csv")
    began = time.monotonic()
    with _bar() as say:
        graded = run.grade_all(place, order, kept, say, _executor(executor))
    seconds = time.monotonic() - began
    paths = run.write_all(place, order, kept)
    verdicts: dict[str, int] = {}
    for result in kept.all():
        verdicts[result.verdict] = verdicts.get(result.verdict, 0) + 1
    if as_json:
        facts = {"graded": graded, "seconds": round(seconds, 2), "verdicts": verdicts, "seed": f"{kept.seed:032x}"}
        click.echo(json.dumps(facts, indent=1))
    else:
        rate = f", {graded / seconds:.1f} a second" if graded and seconds else ""
        told = "  ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items(), key=lambda one: -one[1]))
        click.echo(f"{graded} answers graded in {seconds:.1f} s{rate}; {sum(verdicts.values())} results in all\n{told}")
        click.echo(f"{order.out / 'overview.html'} and {len(paths) - 1} files beside it")
    return 3 if "not graded" in verdicts else 0


def _erased(place: Workspace, order: Order, kept: Results, learner: str) -> int:
    from harness.cohort import run

    count = run.erase(place, order, kept, learner)
    click.echo(f"{count} results of {learner} are gone; what they handed in still lies in {order.folder}")
    return 0 if count else 2


def _executor(url: str | None) -> Execute | None:
    if url is None:
        return None
    from harness.cohort import cluster

    return cluster.executor(url)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Progress with the rate on the terminal's standard error; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    began = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("grading", total=None, rate="")

        def say(done: int, total: int) -> None:
            a_second = done / max(time.monotonic() - began, 1e-9)
            bars.update(task, completed=done, total=total, rate=f"{a_second:.1f} a second")

        yield say
