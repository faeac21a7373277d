"""The roadmap, the folders and the journal agree, or lint says where not."""

import hashlib

from tracker import journal, lint, workspace

PLANNED = "1 exercises are planned, still to be written: net_build"


def findings(place):
    return lint.lint(workspace.find(place.root))


def test_what_agrees_has_no_problem(place):
    assert findings(place) == lint.Findings((), (PLANNED,))


def test_a_folder_without_a_task_and_a_task_without_a_folder(place):
    folder = place.root / "curriculum/basics/total"
    folder.rename(folder.with_name("totals"))
    assert findings(place).problems == (
        "curriculum/basics/totals: no task names this exercise; did you mean 'total'?",
        "sums/total: there is no folder curriculum/basics/total with a spec.py; did you mean 'totals'?",
    )


def test_a_planned_exercise_that_exists_is_no_longer_planned(place):
    place.write("curriculum/deep/net_build/spec.py", "EXERCISE = None\n")
    assert findings(place).problems == (
        "nets/net-build: the exercise 'net_build' exists, so it is no longer `planned`",
    )


def test_an_exercise_without_a_spec(place):
    (place.root / "curriculum/basics/total/spec.py").unlink()
    assert findings(place).problems[0] == "curriculum/basics/total: an exercise without a spec.py"


def test_lessons_both_ways(place):
    text = (place.root / "curriculum/deep/module.yaml").read_text()
    place.write(
        "curriculum/deep/module.yaml", text.replace("hours: 5", "hours: 5\n    lesson: curriculum/deep/nets.md")
    )
    place.write("curriculum/deep/notes.md", "# Notes\n")
    assert findings(place).problems == (
        "nets: its lesson curriculum/deep/nets.md does not exist",
        "curriculum/deep/notes.md: no topic names this lesson",
    )


def grade(place, name="reports/total/run.json", content=b"{}", **changes):
    path = place.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    fields = {"exercise": "total", "report": name, "report_sha256": hashlib.sha256(content).hexdigest()}
    return journal.append(place.root / "reports/journal.jsonl", "graded", **(fields | changes))


def test_a_grade_is_checked_against_its_report(place):
    good, missing, changed = grade(place), grade(place, "reports/total/b.json"), grade(place, "reports/total/c.json")
    outside = grade(place, "elsewhere.json")
    none = grade(place, report=None)
    (place.root / "reports/total/b.json").unlink()
    (place.root / "reports/total/c.json").write_text("{ }")
    told = findings(place).problems
    assert not any(good.id[:8] in problem for problem in told)
    assert told == (
        f"journal.jsonl, event {missing.id[:8]} (total): its report 'reports/total/b.json' is missing; "
        "restore it, or grade again with `harness run`",
        f"journal.jsonl, event {changed.id[:8]} (total): its report 'reports/total/c.json' was changed after the grading; "
        "restore it, or grade again",
        f"journal.jsonl, event {outside.id[:8]} (total): its report 'elsewhere.json' is missing; "
        "restore it, or grade again with `harness run`",
        f"journal.jsonl, event {none.id[:8]} (total): names no report, so this grade cannot be checked",
    )


def test_what_the_journal_holds_and_nobody_knows_is_noted(place):
    path = place.root / "reports/journal.jsonl"
    odd = [journal.append(path, "wings"), journal.append(path, "done", task="gone/task")]
    path.write_bytes(path.read_bytes() + b"{torn")
    assert findings(place).notes == (
        PLANNED,
        "journal.jsonl line 3: cut short, probably by a crash while it was written; skipped, everything before it counts",
        f"event {odd[0].id[:8]}: of the unknown kind 'wings' (a newer Scratchmark's?); kept",
        f"event {odd[1].id[:8]}: ticks 'gone/task', which is in no topic (any more); kept",
    )


def test_a_broken_roadmap_is_told_with_its_lines(place):
    place.write("curriculum/deep/module.yaml", "title: Deep\ntopics: []\ntopic: []\n")
    assert findings(place).problems[0] == (
        "curriculum/deep/module.yaml line 3: there is no key `topic` here; did you mean `topics`?"
    )
