"""One call of `harness cohort`: what must still be graded, the grading, and the files that are made of all results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness import machine, probes, store
from harness.catalog import Shipped
from harness.cohort import grades, intake, likeness, pages, pool, tables
from harness.cohort.grades import Grade, Late, Person, Points
from harness.cohort.grading import Graded, Task
from harness.cohort.intake import Submission
from harness.cohort.results import NOT_GRADED, NOT_HANDED_IN, REFUSED, Result, Results
from tracker import report, workspace
from tracker.errors import UserError
from tracker.workspace import Workspace

Execute = Callable[[Sequence[Task], Callable[[Graded], None]], None]


@dataclass(frozen=True)
class Order:
    """What was asked for. `earned`: for each exercise, what the topic's needs could have earned."""

    folder: Path
    out: Path
    exercises: tuple[str, ...]
    sandbox: str = "namespaces"
    jobs: int = 0  # 0: one for each core
    timing: bool = False
    budget_s: float = 12.0
    backend: str = "numpy"
    people: tuple[Person, ...] = ()
    points: Points = field(default_factory=Points)
    late: Late = field(default_factory=Late)
    formats: tuple[str, ...] = ("csv",)
    show_inputs: bool = False
    earned: dict[str, tuple[str, ...]] = field(default_factory=dict)


def check_sandbox(place: Workspace, order: Order) -> None:
    """Refuse to run strangers' code where an attempt on files, processes or the network succeeds. Raises UserError."""
    if order.sandbox == "none":
        raise UserError("a cohort is not graded without a sandbox", "--sandbox namespaces, or process")
    secret = workspace.exercise_folder(place, order.exercises[0]) / "solutions" / "reference.py"
    holes = probes.probe(order.sandbox, secret).holes
    if holes:
        raise UserError(
            f"the sandbox level {order.sandbox} is open here: an answer could {', '.join(holes)}",
            "harness doctor says more",
        )


def grade_all(
    place: Workspace, order: Order, results: Results, say: Callable[[int, int], None], execute: Execute | None = None
) -> int:
    """Grade what has no result yet; returns how many answers were graded now. A kill loses what was under way."""
    tasks = _open_tasks(place, order, results)
    done = 0

    def keep(graded: Graded) -> None:
        nonlocal done
        done += 1
        results.add(_result(tasks[graded.submission, graded.exercise][0], graded))
        say(done, len(tasks))

    say(0, len(tasks))
    jobs = 1 if order.timing else order.jobs or machine.cores()  # never two timed answers at once
    wanted = [task for _, task in tasks.values()]
    if execute is not None:
        execute(wanted, keep)
    else:
        pool.in_pool(wanted, jobs, keep)
    return len(tasks)


def _open_tasks(place: Workspace, order: Order, results: Results) -> dict[tuple[str, str], tuple[Submission, Task]]:
    """What has no result for these very bytes; what there is nothing to grade of gets its result here."""
    known = results.hashes()
    tasks: dict[tuple[str, str], tuple[Submission, Task]] = {}
    for one in intake.submissions(order.folder, order.exercises, {person.id for person in order.people}):
        for exercise in order.exercises:
            source = one.sources.get(exercise)
            if known.get((one.id, exercise)) == (source.hash if source else one.digest):
                continue
            if source is None:
                results.add(_absent(one, exercise))
            else:
                tasks[one.id, exercise] = one, _task(place, order, one, exercise, results.seed)
    return tasks


def _task(place: Workspace, order: Order, one: Submission, exercise: str, seed: int) -> Task:
    folder = workspace.exercise_folder(place, exercise)
    return Task(
        one.id, exercise, str(folder), dict(one.sources[exercise].files), seed, order.sandbox, order.backend,
        order.earned.get(exercise, ()), order.timing, order.budget_s,
    )  # fmt: skip


def _absent(one: Submission, exercise: str) -> Result:
    verdict = REFUSED if one.refused else NOT_HANDED_IN
    return Result(one.id, one.learner, exercise, _time(one), one.digest, verdict, one.problem, {}, 0.0)


def _result(one: Submission, graded: Graded) -> Result:
    source = one.sources[graded.exercise]
    text = "\n".join(source.texts.values())
    start = one.id, one.learner, graded.exercise, _time(one), source.hash
    if graded.fault:
        return Result(*start, NOT_GRADED, f"our fault: {graded.fault}", {}, graded.seconds, "", text)
    found = report.load(graded.report)
    marks = {str(name): value for name, value in found.marks.items()}
    return Result(*start, found.verdict.value, found.message, marks, round(graded.seconds, 3), graded.report, text)


def _time(one: Submission) -> str:
    return one.handed_in.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_all(place: Workspace, order: Order, results: Results) -> list[Path]:
    """Every file of the outcome, made anew from the database: tables, the overview, a page for each learner."""
    found = results.all()
    marked = grades.grades(found, order.exercises, order.people, order.points, order.late)
    alike = likeness.groups(found, {r.key: [r.source] for r in found if r.source})
    made = {"grades.json": tables.as_json(marked)}
    made |= {file: write(marked) for file, write in (tables.FORMATS[name] for name in order.formats)}
    made["overview.html"] = pages.overview(marked, found, alike, _shipped(place, order.exercises))
    made |= {f"feedback/{name}": text for name, text in _feedback(order, marked)}
    for name, text in made.items():
        store.write(order.out / name, text)
    return [order.out / name for name in made]


def _shipped(place: Workspace, exercises: Sequence[str]) -> set[str]:
    folders = (Shipped(e, workspace.exercise_folder(place, e)) for e in exercises)
    return {likeness.fingerprint([path.read_text("utf-8")]) for one in folders for path in one.solutions}


def _feedback(order: Order, marked: Sequence[Grade]) -> Iterator[tuple[str, str]]:
    by_person: dict[str, list[Grade]] = {}
    for g in marked:
        by_person.setdefault(g.person.id, []).append(g)
    for mine in by_person.values():
        yield pages.file_name(mine[0].person.id), pages.feedback(mine, show_inputs=order.show_inputs)


def erase(place: Workspace, order: Order, results: Results, learner: str) -> int:
    """A learner's rows and feedback page, gone, and every table made anew; how many rows there were."""
    (order.out / "feedback" / pages.file_name(learner)).unlink(missing_ok=True)
    count = results.erase(learner)
    written = [name for name, (file, _) in tables.FORMATS.items() if (order.out / file).exists()]
    write_all(place, replace(order, formats=tuple(dict.fromkeys((*order.formats, *written)))), results)
    return count
