"""From verdicts to points, and to the files that gradebooks read. No process, no database."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from harness.cohort import grades, likeness, pages, tables
from harness.cohort.grades import Late, Person, Points
from harness.cohort.results import NOT_HANDED_IN, REFUSED
from tracker.errors import UserError

DUE = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DEFAULT, IN_TIME = Points(), Late()
PEOPLE = (Person("ada", 'Lovelace, "Ada"', "ada@uni.example"), Person("zoe", "Zoë Ångström"))


def graded(results, people=PEOPLE, worth=DEFAULT, late=IN_TIME):
    return {g.person.id: g for g in grades.grades(results, ["half"], people, worth, late)}


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_who_handed_nothing_in_is_there_and_who_is_not_on_the_roster_too(result) -> None:
    found = graded([result("ada"), result("eve")])
    assert [(g.person.id, g.result.verdict, g.points, g.of, g.on_roster) for g in found.values()] == [
        ("ada", "passed", 8.0, 8.0, True), ("zoe", NOT_HANDED_IN, 0.0, 8.0, True), ("eve", "passed", 8.0, 8.0, False),
    ]  # fmt: skip


def test_the_last_submission_counts_but_not_one_that_cannot_be_read(result) -> None:
    first = result("ada", submission="ada", verdict="failed", marks={"correct": False, "robust": True})
    second = result("ada", submission="ada@2", handed_in="2026-11-30T13:00:00Z")
    broken = result("ada", submission="ada@3", handed_in="2026-11-30T14:00:00Z", verdict=REFUSED, marks={})
    ada = graded([first, broken, second])["ada"]
    assert (ada.result.submission, ada.points, ada.submissions) == ("ada@2", 8.0, 3)


@pytest.mark.parametrize(
    ("handed_in", "points", "days"),
    [("2026-11-30T12:00:00Z", 8.0, 0), ("2026-11-30T12:00:01Z", 7.2, 1), ("2026-12-02T11:00:00Z", 6.4, 2), ("2027-11-30T12:00:00Z", 0.0, 365)],
)  # fmt: skip
def test_each_day_begun_costs_its_percent_and_never_more_than_all(handed_in, points, days, result) -> None:
    ada = graded([result("ada", handed_in=handed_in)], late=Late(DUE, 10.0))["ada"]
    assert (ada.points, ada.late_days) == (points, days)


def test_points_by_mark_and_part(result, tmp_path) -> None:
    (tmp_path / "points.yaml").write_text("half: {correct: 3, parts: {third: 2.5}}\n")
    worth = grades.read_points(tmp_path / "points.yaml")
    facts = {"parts": {"third": {"verdict": "passed"}}}
    found = graded([result("ada", report=json.dumps(facts)), result("zoe")], worth=worth)
    assert [(g.points, g.of) for g in found.values()] == [(5.5, 5.5), (3.0, 5.5)]


@pytest.mark.parametrize(
    ("text", "words"),
    [("[", "cannot be read"), ("3", "no mapping"), ("half: 3", "half: it is no mapping"), ("half: {speed: 1}", "'speed' is no mark"),
     ("half: {correct: -1}", "-1 is no number"), ("half: {correct: .nan}", "nan is no number"), ("half: {parts: {third: x}}", "third: 'x'")],
)  # fmt: skip
def test_points_with_a_fault(text, words, tmp_path) -> None:
    (tmp_path / "points.yaml").write_text(text)
    with pytest.raises(UserError, match=words):
        grades.read_points(tmp_path / "points.yaml")


def test_a_roster_as_a_spreadsheet_saves_it(tmp_path) -> None:
    (tmp_path / "roster.csv").write_text(
        'id,name,email\r\nada,"Lovelace, ""Ada""",ada@uni.example\r\nzoe,Zoë Ångström,\r\n', "utf-8-sig"
    )
    assert tuple(grades.read_roster(tmp_path / "roster.csv")) == PEOPLE


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"name\nAda\n", "no column 'id'"), (b"", "no column 'id'"), (b"id\nada\n \nada\n", "line 4: 'ada' is there twice"),
     (b"id,name\nada,\xff\n", "save it as CSV in UTF-8")],
)  # fmt: skip
def test_a_roster_with_a_fault(content, words, tmp_path) -> None:
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(UserError) as error:
        grades.read_roster(tmp_path / "roster.csv")
    assert words in str(error.value)


def test_a_time_without_a_zone_is_utc_and_no_time_is_told() -> None:
    assert grades.read_due("2026-11-30 12:00") == DUE
    assert grades.read_due("2026-11-30T13:00+01:00") == DUE
    with pytest.raises(UserError, match="no time"):
        grades.read_due("Monday")


def test_each_format_reads_back(result) -> None:
    found = list(graded([result("ada", message='it said "no", twice\nand thrice')]).values())
    plain = list(csv.DictReader(io.StringIO(tables.as_csv(found))))
    assert [(row["name"], row["points"], row["message"]) for row in plain] == [
        ('Lovelace, "Ada"', "8.0", 'it said "no", twice and thrice'), ("Zoë Ångström", "0.0", "")]  # fmt: skip
    canvas = read(tables.as_canvas(found))
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[1:] == [["Points Possible", "", "", "", "", "8.0"],
                          ['Lovelace, "Ada"', "", "ada", "ada@uni.example", "", "8.0"], ["Zoë Ångström", "", "zoe", "", "", "0.0"]]  # fmt: skip
    assert read(tables.as_moodle(found))[1][:3] == ["ada", "ada@uni.example", "8.0"]
    gradescope = json.loads(tables.as_gradescope(found))["ada"]
    assert (gradescope["score"], gradescope["tests"][0]["max_score"]) == (8.0, 8.0)
    assert [row["learner"] for row in json.loads(tables.as_json(found))] == ["ada", "zoe"]


@pytest.mark.parametrize("evil", ["=cmd|' /C calc'!A1", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(evil, result) -> None:
    found = list(graded([result(evil, message=evil)], ()).values())
    for write in (tables.as_csv, tables.as_canvas, tables.as_moodle):
        for row in read(write(found)):
            assert not [
                word
                for word in row
                if word.lstrip("\ufffd").startswith(("=", "+", "-", "@", "\t", "\r")) and word == evil
            ]


STEERS = "\x1b[2J\u202e<script>alert(1)</script><img src=x onerror=alert(1)>"


def test_what_comes_from_learners_starts_no_markup_and_steers_no_terminal(result) -> None:
    report = {"cases": [], "printed": STEERS, "failure": {"part": STEERS, "case": STEERS, "sentence": STEERS, "mistake": STEERS, "frames": [STEERS],
              "inputs": {STEERS: STEERS}, "got": STEERS, "expected": STEERS}}  # fmt: skip
    one = result(STEERS, submission=STEERS, message=STEERS, verdict="failed", report=json.dumps(report))
    found = list(graded([one], (Person(STEERS, STEERS),)).values())
    made = [pages.overview(found, [one], [[one, one]], set()), pages.feedback(found, show_inputs=True), pages.file_name(STEERS),
            *(write(found) for _, write in tables.FORMATS.values())]  # fmt: skip
    for text in made:
        assert "\x1b" not in text
        assert "\u202e" not in text
    for text in made[:3]:
        assert "<script" not in text
        assert "<img" not in text


def test_near_identical_answers_of_different_learners_are_found() -> None:
    mine = "def half(x):\n    '''Half.'''\n    result = x / 2  # by two\n    return result\n"
    theirs = "def half(value):\n\n    y: float = value/2\n    return y\n"
    assert likeness.fingerprint([mine]) == likeness.fingerprint([theirs])
    assert likeness.fingerprint([mine]) != likeness.fingerprint([mine.replace("/ 2", "/ 3")])
    assert (
        likeness.fingerprint(["def"])
        == likeness.fingerprint(["(" * 10_000])
        == likeness.fingerprint(["1\n" * 200_000])
        == ""
    )


def test_groups_leave_out_what_one_learner_handed_in_twice(result) -> None:
    text = "def half(x):\n    return x / 2\n"
    rows = [
        result("ada", source=text),
        result("ada", submission="ada@2", source=text),
        result("zoe", source=text.replace("x", "y")),
        result("eve"),
    ]
    sources = {r.key: [r.source] for r in rows if r.source}
    assert [[r.submission for r in one] for one in likeness.groups(rows, sources)] == [["ada", "ada@2", "zoe"]]
    assert likeness.groups(rows[:2], sources) == []


def test_a_thousand_learners_in_ten_exercises_take_no_minute(result) -> None:
    rows = [result(f"l{n}", exercise=f"e{e}") for n in range(1_000) for e in range(10)]
    assert len(grades.grades(rows, [f"e{e}" for e in range(10)], (), Points(), Late())) == 10_000
