"""From verdicts to points: the roster, what each mark and part is worth, what lateness costs, which submission counts.

Text comes in here (a CSV, a YAML file), so it is checked here; every fault is told with its line. Pure otherwise.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.cohort.results import NOT_HANDED_IN, REFUSED, Result
from tracker.errors import UserError
from tracker.report import MARKS

DEFAULT_POINTS = {"correct": 6.0, "robust": 2.0, "gradient": 2.0}


@dataclass(frozen=True)
class Person:
    """One line of the roster."""

    id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Points:
    """What is given for each mark and each part (on top), by exercise; exercises not named are worth DEFAULT_POINTS."""

    marks: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, exercise: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
        known = exercise in self.marks or exercise in self.parts
        return (self.marks.get(exercise, {}), self.parts.get(exercise, {})) if known else (DEFAULT_POINTS, {})


@dataclass(frozen=True)
class Late:
    """A deadline, and the percent of the points that each day begun after it costs."""

    due: datetime | None = None
    percent_a_day: float = 0.0

    def days(self, handed_in: str) -> int:
        if self.due is None or not handed_in:
            return 0
        over = datetime.fromisoformat(handed_in.replace("Z", "+00:00")) - self.due
        return max(math.ceil(over.total_seconds() / 86_400), 0)

    def factor(self, handed_in: str) -> float:
        return max(1 - self.days(handed_in) * self.percent_a_day / 100, 0.0)


@dataclass(frozen=True)
class Grade:
    """One learner in one exercise: the submission that counts, and what it is worth. `of`: points that could be had."""

    person: Person
    exercise: str
    result: Result
    points: float
    of: float
    late_days: int
    submissions: int  # that the learner handed in for this exercise
    on_roster: bool = True


def grades(
    results: Sequence[Result], exercises: Sequence[str], people: Sequence[Person], worth: Points, late: Late
) -> list[Grade]:
    """Every learner of the roster and every one who handed something in, in each exercise. The last submission counts."""
    known = {person.id: person for person in people}
    learners = [*known, *sorted({r.learner for r in results} - known.keys())]
    asked = {exercise: _asked(exercise, results, worth) for exercise in exercises}
    mine: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        mine.setdefault((result.learner, result.exercise), []).append(result)
    return [
        _grade(known.get(learner, Person(learner)), exercise, mine.get((learner, exercise), []), asked[exercise],
               worth.of(exercise)[1], late, learner in known or not known)
        for learner in learners for exercise in exercises
    ]  # fmt: skip


def _asked(exercise: str, results: Sequence[Result], worth: Points) -> dict[str, float]:
    """What each mark is worth that anybody could earn: the same for all, whoever handed nothing in."""
    seen = {mark for r in results if r.exercise == exercise for mark, earned in r.marks.items() if earned is not None}
    return {mark: value for mark, value in worth.of(exercise)[0].items() if mark in seen or not seen}


def _grade(
    person: Person, exercise: str, mine: Sequence[Result], asked: Mapping[str, float], parts: Mapping[str, float], late: Late,
    on_roster: bool,
) -> Grade:  # fmt: skip
    absent = Result("", person.id, exercise, "", "", NOT_HANDED_IN, "", {}, 0.0)
    last = max(mine, key=_counts, default=absent)
    earned = sum(value for mark, value in asked.items() if last.marks.get(mark)) + _for_parts(last, parts)
    most = sum(asked.values()) + sum(parts.values())
    points = round(earned * late.factor(last.handed_in), 2)
    return Grade(person, exercise, last, points, round(most, 2), late.days(last.handed_in), len(mine), on_roster)


def _counts(result: Result) -> tuple[int, str, str]:
    """The largest counts: the last that could be read. One that holds nothing to grade does not undo one that does."""
    readable = {NOT_HANDED_IN: 0, REFUSED: 1}.get(result.verdict, 2)
    return readable, result.handed_in, result.submission


def _for_parts(result: Result, parts: Mapping[str, float]) -> float:
    told = result.facts.get("parts", {})
    return sum(value for name, value in parts.items() if told.get(name, {}).get("verdict") == "passed")


# --- text that comes in --------------------------------------------------------------------------------------------


def read_roster(path: Path) -> list[Person]:
    """A CSV with the columns id, name, email (the first alone is needed). Raises UserError with every fault."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the roster {path} cannot be read: {error}", "save it as CSV in UTF-8") from None
    rows = csv.DictReader(io.StringIO(text))
    if "id" not in (rows.fieldnames or ()):
        raise UserError(
            f"the roster {path} has no column 'id' (it has {rows.fieldnames})", "its first line is: id,name,email"
        )
    people: list[Person] = []
    faults: list[str] = []
    for row in rows:
        name = (row["id"] or "").strip()
        if not name or any(person.id == name for person in people):
            faults.append(f"  line {rows.line_num}: {'no id' if not name else f'{name!r} is there twice'}")
        else:
            people.append(Person(name, (row.get("name") or "").strip(), (row.get("email") or "").strip()))
    if faults:
        raise UserError(
            f"the roster {path}:\n" + "\n".join(faults), "each learner has one line with an id of their own"
        )
    return people


def read_points(path: Path) -> Points:
    """YAML: {softmax: {correct: 6, robust: 2, parts: {softmax_backward: 3}}}. Raises UserError with every fault."""
    import yaml

    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(
            f"the points in {path} cannot be read: {error}", "for example: softmax: {correct: 6, robust: 2}"
        ) from None
    faults = list(_faults(raw))
    if faults:
        raise UserError(
            f"the points in {path}:\n" + "\n".join(faults), f"marks are {', '.join(MARKS)}; parts go under `parts`"
        )
    marks = {name: {m: float(v) for m, v in given.items() if m != "parts"} for name, given in raw.items()}
    return Points(
        marks, {name: {p: float(v) for p, v in given.get("parts", {}).items()} for name, given in raw.items()}
    )


def _faults(raw: Any) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield "  it is no mapping from exercises to points"
        return
    for name, given in raw.items():
        if not isinstance(given, dict):
            yield f"  {name}: it is no mapping from marks to points"
            continue
        for mark, value in given.items():
            if mark == "parts" and isinstance(value, dict):
                yield from (f"  {name}: parts: {p}: {v!r} is no number" for p, v in value.items() if not _is_number(v))
            elif mark not in MARKS:
                yield f"  {name}: {mark!r} is no mark"
            elif not _is_number(value):
                yield f"  {name}: {mark}: {value!r} is no number"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def read_due(text: str) -> datetime:
    """'2026-11-30 23:59' (UTC where no zone is said). Raises UserError."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise UserError(f"--due {text}: no time", "for example 2026-11-30T23:59+01:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
