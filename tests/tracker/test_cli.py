"""The real `tracker` command: what it prints, what it exits with, what it does not load."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from tracker import journal
from tracker.cli import tracker

COMMANDS = sorted(tracker.commands)
HEAVY = {"pydantic", "pydantic_core", "yaml", "networkx", "numpy", "jinja2", "torch", "harness"}


def test_status_shows_the_whole_map_at_a_glance(place):
    place.tracker("done", "numbers#2")
    assert place.tracker("status").stdout.splitlines() == [
        "Small: 0 of 4 topics proven, 1 of 14 h",
        "",
        "Basics                                              ◐· ━━────────    1 of   6 h",
        "Deep                                                ·  ──────────    0 of   5 h",
        "Projects                                            ·  ──────────    0 of   3 h",
        "",
        "◐ in progress  numbers 1/2",
        "",
        "· locked  ○ open  ◐ in progress  ● proven  ✓ done  ↻ due",
        "what to do now: tracker next",
        "one topic:      tracker show TOPIC",
        "every topic:    tracker status --all",
    ]


def test_status_in_full_shows_states_bars_and_what_is_missing(place):
    place.tracker("done", "numbers#2")
    assert place.tracker("status", "--all").stdout.splitlines() == [
        "Small: 0 of 4 topics proven, 1 of 14 h",
        "",
        "Basics                                       ━━━─────────────────    1 of   6 h",
        "  ◐ numbers      in progress 1/2 Numbers",
        "  · sums         needs numbers",
        "",
        "Deep                                         ────────────────────    0 of   5 h",
        "  · nets         needs sums",
        "",
        "Projects                                     ────────────────────    0 of   3 h",
        "  · project-end  needs nets",
        "",
        "· locked  ○ open  ◐ in progress  ● proven  ✓ done  ↻ due",
        "what to do now: tracker next",
        "one topic:      tracker show TOPIC",
    ]


@pytest.mark.parametrize("columns", ["20", "50", "80", "200"])
def test_no_line_is_wider_than_the_terminal(place, columns):
    commands = (["status"], ["status", "--all"], ["next"], ["show", "sums"], ["path", "nets"], ["place"], ["tracks"])
    for words in (*commands, ["plan"], ["review"]):
        found = place.tracker(*words, COLUMNS=columns)
        assert found.returncode == 0
        assert max(map(len, found.stdout.splitlines())) <= int(columns)


def test_a_pipe_gets_no_escapes_and_no_color_no_colour(place):
    assert "\x1b" not in place.tracker("status").stdout
    assert re.search("\x1b\\[[0-9;]*3[0-9]m", place.tracker("status", FORCE_COLOR="1").stdout)
    assert not re.search("\x1b\\[[0-9;]*3[0-9]m", place.tracker("status", FORCE_COLOR="1", NO_COLOR="1").stdout)


def test_a_terminal_without_unicode_gets_plain_signs(place):
    shown = place.tracker("status", "--all", PYTHONIOENCODING="ascii", PYTHONUTF8="0").stdout
    assert "  . sums         needs numbers" in shown


def test_status_as_json(place):
    found = json.loads(place.tracker("status", "--json").stdout)
    assert found["modules"][0] == {"id": "basics", "title": "Basics", "needs": [], "hours": 6.0, "hours_done": 0}
    assert found["topics"][1] == {
        "id": "sums",
        "title": "Sums",
        "module": "basics",
        "level": "Beginner",
        "state": "locked",
        "missing": ["numbers"],
        "credited": False,
        "tasks_done": 0,
        "tasks": 2,
        "hours": 2.0,
        "hours_done": 0,
    }


def test_status_loads_nothing_heavy(place):
    place.tracker("status")  # the first reading writes the cache
    for words in (["status"], ["status", "--json"], ["next"], ["show", "sums"]):
        command = [sys.executable, "-X", "importtime", "-m", "tracker", *words]
        told = subprocess.run(command, cwd=place.root, env=place.env, capture_output=True, text=True, check=True).stderr
        loaded = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in told.splitlines() if line.count("|") == 2}
        assert "click" in loaded
        assert loaded & HEAVY == set()


def test_next_says_what_and_why(place):
    assert place.tracker("next").stdout.splitlines() == [
        "1. Numbers  4 h left",
        "   opens sums",
        "   → practice: Count",
        "     tracker done numbers#2",
        "",
        "everything about one of them: tracker show TOPIC",
    ]


def test_show_takes_a_topic_or_an_exercise(place):
    by_exercise = place.tracker("show", "total").stdout
    assert by_exercise == place.tracker("show", "sums").stdout
    assert by_exercise.splitlines()[:5] == [
        "Sums",
        "sums · Beginner · 2 h · locked · 0 of 2 tasks",
        "needs: numbers",
        "opens: nets",
        "",
    ]


def test_a_link_is_never_cut(place):
    url = f"https://example.org/{'long-' * 30}"
    text = (place.root / "curriculum/deep/module.yaml").read_text()
    link = f"resources: [{{title: T, url: '{url}'}}]"
    place.write("curriculum/deep/module.yaml", text.replace("hours: 5", f"hours: 5\n    {link}"))
    assert url in place.tracker("show", "nets", COLUMNS="40").stdout.splitlines()


def test_done_ticks_and_names_what_is_now_open(place):
    place.tracker("done", "numbers/count")
    said = place.tracker("done", "add", "--evidence", "notes.md").stdout.splitlines()
    assert said == ["ticked numbers/add: Add", "now open: sums", "next: tracker next"]
    events = journal.read(place.root / "reports/journal.jsonl").events
    assert [event.data for event in events] == [
        {"task": "numbers/count"},
        {"task": "numbers/add", "evidence": "notes.md"},
    ]


def test_done_twice_writes_one_event(place):
    place.tracker("done", "numbers#2")
    assert place.tracker("done", "numbers#2").stdout == "numbers/count was ticked already\n"
    assert len(journal.read(place.root / "reports/journal.jsonl").events) == 1


def test_a_graded_task_cannot_be_ticked(place):
    found = place.tracker("done", "sums#1")
    assert (found.returncode, found.stdout) == (2, "")
    assert "done by passing the exercise 'total'" in found.stderr
    assert "harness run total" in found.stderr


def test_undo_takes_back_the_last_tick_or_the_one_named(place):
    place.tracker("done", "numbers#2")
    place.tracker("done", "numbers#3")
    assert place.tracker("undo", "numbers#2").stdout.startswith("took back numbers/count\n")
    assert place.tracker("undo").stdout.startswith("took back numbers/add\n")
    assert place.tracker("undo").returncode == 2
    assert [e.kind for e in journal.read(place.root / "reports/journal.jsonl").events] == [
        "done",
        "done",
        "undo",
        "undo",
    ]


def test_start_writes_the_template_and_prints_the_line_that_grades_it(place):
    found = place.tracker("start", "total", "--json")
    assert json.loads(found.stdout) == {"exercise": "total", "file": "impls/total/total.py", "run": "harness run total"}
    assert (place.root / "impls/total/total.py").is_file()
    assert place.tracker("start", "total").returncode == 2


def test_init_makes_a_workspace_that_works(empty):
    assert empty.tracker("init", "my-ml").stdout.splitlines()[-1] == "next: cd my-ml && tracker next"
    empty.root = empty.root / "my-ml"
    assert empty.tracker("status").returncode == 0
    assert "svd" in {topic["id"] for topic in json.loads(empty.tracker("status", "--json").stdout)["topics"]}
    assert empty.tracker("init", ".").returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "sumz"], "did you mean 'sums'?"),
        (["done", "numbers#9"], "numbers has the tasks 1 to 3"),
        (["done", "nothing-like-it"], "there is no task"),
        (["start", "totla"], "did you mean 'total'?"),
        (["status", "--module", "bascis"], "did you mean 'basics'?"),
        (["stauts"], "No such command"),
        (["undo"], "no tick stands"),
    ],
)
def test_a_mistake_exits_2_and_says_what_to_do(place, words, said):
    found = place.tracker(*words)
    assert (found.returncode, found.stdout) == (2, "")
    assert said in found.stderr


def test_outside_a_workspace_the_message_names_init(empty):
    found = empty.tracker("status")
    assert found.returncode == 2
    assert "tracker init" in found.stderr


def test_lint_exits_2_where_something_does_not_fit(place):
    assert place.tracker("lint").returncode == 0
    place.write("curriculum/basics/other/exercise.py", "")
    place.write("curriculum/basics/other/spec.py", "")
    found = place.tracker("lint", "--json")
    assert found.returncode == 2
    assert json.loads(found.stdout)["problems"] == ["curriculum/basics/other: no task names this exercise"]


def test_a_torn_journal_is_a_warning_beside_the_status(place):
    place.write("reports/journal.jsonl", '{"torn')
    found = place.tracker("status")
    assert (found.returncode, found.stderr.count("warning: journal.jsonl line 1: cut short")) == (0, 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(place, command):
    told = place.tracker(command, "--help").stdout
    assert re.search(rf"Example:\n +tracker {command}", told)
    assert "--json" in told


def test_our_own_bug_says_so_and_exits_3(place):
    script = "import sys; sys.argv = ['tracker', 'status']; import tracker.graph; del tracker.graph.read; import tracker.__main__ as m; m.main()"
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, cwd=place.root, env=place.env, capture_output=True, text=True, check=False)
    assert found.returncode == 3
    assert found.stderr.startswith("This is our bug, not yours: AttributeError")
    env = {**place.env, "SCRATCHMARK_TRACEBACK": "1"}
    found = subprocess.run(command, cwd=place.root, env=env, capture_output=True, text=True, check=False)
    assert found.stderr.startswith("Traceback")


def test_a_reader_that_goes_away_is_no_noise(place):
    command = [sys.executable, "-m", "tracker", "status"]
    reading, writing = os.pipe()
    os.close(reading)
    found = subprocess.run(command, cwd=place.root, env=place.env, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (found.returncode, found.stderr) == (141, b"")


def test_control_c_is_quiet(place):
    place.tracker("status")
    pipe = place.root / "reports/journal.jsonl"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "tracker", "status"]
    process = subprocess.Popen(command, cwd=place.root, env=place.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with pipe.open("wb"):  # opens once the command waits for the journal
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")
