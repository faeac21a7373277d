"""Grades as files that other programs read: CSV, Canvas, Moodle, Gradescope, JSON. Pure text from plain values.

A cell that a spreadsheet would take for a formula gets an apostrophe before it: names and messages come from learners.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from harness.cohort.grades import Grade
from tracker.page import printable
from tracker.report import MARKS

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """As text that no spreadsheet runs and no terminal obeys."""
    text = printable(str(value)).replace("\n", " ")
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _written(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def as_csv(grades: Sequence[Grade]) -> str:
    """One row for each learner and exercise."""
    head = ["learner", "name", "exercise", "verdict", *MARKS, "points", "of", "late_days", "handed_in", "submission",
            "submissions", "on_roster", "seconds", "message"]  # fmt: skip
    word = {True: "yes", False: "no", None: ""}
    rows = [
        [g.person.id, g.person.name, g.exercise, g.result.verdict, *(word[g.result.marks.get(mark)] for mark in MARKS), g.points,
         g.of, g.late_days, g.result.handed_in, g.result.submission, g.submissions, word[g.on_roster], round(g.result.seconds, 3),
         g.result.message]
        for g in grades
    ]  # fmt: skip
    return _written([head, *rows])


def as_canvas(grades: Sequence[Grade]) -> str:
    """Canvas's gradebook: a row for each learner, a column for each exercise."""
    exercises = list(dict.fromkeys(g.exercise for g in grades))
    of = {g.exercise: g.of for g in grades}
    head: list[list[object]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *exercises],
        ["Points Possible", "", "", "", "", *(of[e] for e in exercises)],
    ]
    return _written([*head, *([one[0].person.name or one[0].person.id, "", one[0].person.id, one[0].person.email, "", *(g.points for g in one)]
                              for one in _by_person(grades))])  # fmt: skip


def as_moodle(grades: Sequence[Grade]) -> str:
    """Moodle's grade import: identifier, points, feedback."""
    exercises = list(dict.fromkeys(g.exercise for g in grades))
    head = ["ID number", "Email address", *(word for e in exercises for word in (e, f"{e} feedback"))]
    rows = [
        [one[0].person.id, one[0].person.email, *(word for g in one for word in (g.points, _feedback(g)))]
        for one in _by_person(grades)
    ]
    return _written([head, *rows])


def as_gradescope(grades: Sequence[Grade]) -> str:
    """Gradescope's results.json, one object for each learner by id."""
    found = {}
    for one in _by_person(grades):
        tests = [
            {
                "name": g.exercise,
                "score": g.points,
                "max_score": g.of,
                "output": printable(_feedback(g)),
                "visibility": "visible",
            }
            for g in one
        ]
        found[one[0].person.id] = {"score": round(sum(g.points for g in one), 2), "tests": tests}
    return json.dumps(found, indent=1) + "\n"


def as_json(grades: Sequence[Grade]) -> str:
    """Everything but reports and sources."""
    rows: list[dict[str, Any]] = [
        {"learner": g.person.id, "name": g.person.name, "exercise": g.exercise, "verdict": g.result.verdict, "marks": dict(g.result.marks),
         "points": g.points, "of": g.of, "late_days": g.late_days, "handed_in": g.result.handed_in, "submission": g.result.submission,
         "submissions": g.submissions, "on_roster": g.on_roster, "seconds": g.result.seconds, "message": g.result.message}
        for g in grades
    ]  # fmt: skip
    return json.dumps(rows, indent=1) + "\n"


FORMATS: dict[str, tuple[str, Callable[[Sequence[Grade]], str]]] = {
    "csv": ("grades.csv", as_csv),
    "canvas": ("canvas.csv", as_canvas),
    "moodle": ("moodle.csv", as_moodle),
    "gradescope": ("gradescope.json", as_gradescope),
}


def _by_person(grades: Sequence[Grade]) -> list[list[Grade]]:
    found: dict[str, list[Grade]] = {}
    for g in grades:
        found.setdefault(g.person.id, []).append(g)
    return list(found.values())


def _feedback(g: Grade) -> str:
    late = f", {g.late_days} day{'s' * (g.late_days != 1)} late" if g.late_days else ""
    return f"{g.result.verdict}{late}" + (f": {g.result.message}" if g.result.message else "")
