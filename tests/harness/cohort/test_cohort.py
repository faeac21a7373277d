"""`harness cohort` as instructors run it: real processes, a small exercise, everything left in one folder."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from harness import namespaces, probes
from harness.cohort import pool, run
from harness.cohort.grading import Graded, Task
from tracker import workspace
from tracker.errors import UserError

RIGHT = "def half(x):\n    return x / 2\n\n\ndef third(x):\n    return x / 3\n"
WRONG = RIGHT.replace("x / 2", "x * 2")
HANGS = "def half(x):\n    while True:\n        pass\n"
SEEN = re.compile(r"seen -?\d")  # a hidden input
LEAKS = "def half(x):\n    print('seen', float(x[0]))\n    raise ValueError(f'seen {float(x[0])}')\n"


def test_a_cohort_from_submissions_to_every_file(cohort) -> None:
    """All kinds of submissions at once, since a start of the command takes most of the time."""
    for name in ("ada.py", "ben/half.py", "zoe_v1.py"):
        cohort.hand_in(name, f"{RIGHT}# {name}\n")
    cohort.hand_in("zoe_v2.py", WRONG)
    os.utime(cohort.place.root / "in/zoe_v1.py", (1.7e9, 1.7e9))
    cohort.hand_in("lea.py", LEAKS)
    cohort.hand_in("eve.zip", "")
    cohort.hand_in("mia/notes.txt", "")
    cohort.hand_in("O'Brien, Zoë.py", RIGHT.replace("    return", "    # mine\n    return"))
    cohort.place.write("roster.csv", 'id,name,email\nada,"Lovelace, ""Ada""",\nzoe,,\nnil,Nobody,\n')
    words = (
        "--roster",
        "../workspace/roster.csv",
        *(w for f in ("csv", "canvas", "moodle", "gradescope") for w in ("--format", f)),
    )
    ended = cohort.grade(*words)
    assert "6 answers graded" in ended.stdout
    found = {name: (g["verdict"], g["points"]) for name, g in cohort.grades.items()}
    assert found == {
        "ada": ("passed", 8.0), "ben": ("passed", 8.0), "zoe": ("failed", 0.0), "lea": ("failed", 0.0), "eve": ("refused", 0.0),
        "mia": ("not handed in", 0.0), "nil": ("not handed in", 0.0), "O'Brien, Zoë": ("passed", 8.0),
    }  # fmt: skip
    assert cohort.rows()["ada"]["name"] == 'Lovelace, "Ada"'
    assert cohort.rows()["zoe"]["submissions"] == "2"
    overview = cohort.read("overview.html")
    assert "it doubles" in overview
    assert "O&#39;Brien, Zoë" in overview
    near = overview.partition("Near-identical")[2].partition("<h2>")[0]
    assert "ada, ben" in near
    assert "like a shipped solution" in near
    assert not SEEN.search(cohort.pages["lea"])
    assert set(json.loads(cohort.read("gradescope.json"))) == set(found)

    assert "0 answers graded" in cohort.grade(*words).stdout
    assert "0 answers graded" in cohort.grade(*words, "--show-inputs").stdout
    assert SEEN.search(cohort.pages["lea"])
    assert "1 answers graded" in cohort.grade(*words, "--regrade", "ben").stdout
    assert "no such submission" in cohort.grade("--regrade", "nobody", code=2).stderr
    cohort.grade("--erase", "ben")
    for path in (cohort.place.root / "out").rglob("*"):
        assert path.is_dir() or "ben" not in path.read_bytes().decode("utf-8", "replace"), path
    assert "ben" not in cohort.grades


def test_killed_in_the_middle_and_run_again_nothing_is_lost_and_nothing_graded_twice(cohort) -> None:
    for number in range(8):
        cohort.hand_in(f"s{number}.py", f"{RIGHT}# {number}\n")
    words = ("cohort", "in", "--exercise", "half", "--out", "out", "--sandbox", "process", "--jobs", "2")
    process = cohort.place.start(*words)
    before = _wait_for_rows(cohort.place.root / "out/cohort.sqlite", 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert cohort.place.left_over(process.pid) == []
    deadline = time.monotonic() + 10
    while os.listdir(cohort.place.temporary) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [name for name in os.listdir(cohort.place.temporary) if name.startswith("scratchmark-cohort")] == []
    kept = _rows(cohort.place.root / "out/cohort.sqlite")
    cohort.grade("--jobs", "2")
    after = _rows(cohort.place.root / "out/cohort.sqlite")
    assert 2 <= len(before) <= len(kept) < 8
    assert {name: after[name] for name in kept} == kept
    assert set(after) == {f"s{number}" for number in range(8)}


def _rows(path: Path) -> dict[str, tuple[int, float]]:
    """(id of the row, seconds) by submission: a row written twice has another id."""
    try:
        with sqlite3.connect(path) as connection:
            return {name: (row, s) for name, row, s in connection.execute("select submission, id, seconds from result")}
    except sqlite3.OperationalError:
        return {}


def _wait_for_rows(path: Path, count: int) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while len(found := _rows(path) if path.exists() else {}) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_ctrl_c_ends_it_and_leaves_no_process(cohort) -> None:
    cohort.hand_in("ada.py", HANGS)
    process = cohort.place.start("cohort", "in", "--exercise", "half", "--out", "out", "--sandbox", "process")
    _wait_for_rows(cohort.place.root / "out/cohort.sqlite", 0)
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (130, -2)  # ours, or the signal itself where it came while modules were imported
    assert cohort.place.left_over(process.pid) == []
    assert os.listdir(cohort.place.temporary) == []


def test_an_empty_folder_a_missing_one_and_one_that_cannot_be_written(cohort) -> None:
    assert "is no folder" in cohort.grade(code=2).stderr
    (cohort.place.root / "in").mkdir()
    assert "holds nothing" in cohort.grade(code=2).stderr
    cohort.hand_in("ada.py")
    cohort.place.write("out", "a file")
    assert "nothing can be written" in cohort.grade(code=2).stderr


def test_strangers_code_is_refused_where_an_attempt_succeeds(cohort, monkeypatch) -> None:
    open_one = probes.Probed("process", {"read another submission": "open", "mount a file system": "closed: OSError"})
    monkeypatch.setattr(probes, "probe", lambda level, secret: open_one)
    order = run.Order(cohort.place.root / "in", cohort.place.root / "out", ("half",), "process")
    with pytest.raises(UserError, match="an answer could read another submission"):
        run.check_sandbox(workspace.find(cohort.place.root), order)


# --- the pool ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tasks(cohort, monkeypatch):
    """`tasks({'ada': text, ...})`: what the pool gets; its files go into the test's own folder."""
    monkeypatch.setattr("tempfile.tempdir", str(cohort.place.temporary))
    monkeypatch.setenv("TMPDIR", str(cohort.place.temporary))
    folder = str(cohort.place.root / "curriculum/own/half")
    return lambda texts, level="process": [
        Task(name, "half", folder, {"half.py": text.encode()}, 7, level) for name, text in texts.items()
    ]


def graded(tasks: list[Task], jobs: int = 2) -> dict[str, Graded]:
    found: list[Graded] = []
    pool.in_pool(tasks, jobs, found.append)
    assert len(found) == len(tasks)
    return {one.submission: one for one in found}


def verdict(one: Graded) -> str:
    return str(json.loads(one.report)["verdict"]) if one.report else one.fault


def test_one_that_hangs_slows_no_other(cohort, tasks) -> None:
    spec = cohort.place.root / "curriculum/own/half/spec.py"
    spec.write_text(spec.read_text().replace("call_s=30.0", "call_s=6.0"))
    order: list[str] = []
    pool.in_pool(
        tasks({"hangs": HANGS, **{f"s{n}": f"{RIGHT}# {n}" for n in range(4)}}),
        2,
        lambda one: order.append(one.submission),
    )
    assert order[-1] == "hangs"
    assert os.listdir(cohort.place.temporary) == []


def test_a_process_of_the_pool_that_dies_costs_its_task_a_second_try_and_no_other(cohort, tasks, monkeypatch) -> None:
    started: list[pool.Warm] = []
    start = pool.Warm.start

    def watched(self: pool.Warm) -> None:
        start(self)
        started.append(self)

    monkeypatch.setattr(pool.Warm, "start", watched)
    give = pool.Warm.give

    def kills(self: pool.Warm, task: Task) -> None:
        give(self, task)
        if task.submission == "unlucky" or (task.submission == "once" and len(started) < 3):
            self.process.kill()

    monkeypatch.setattr(pool.Warm, "give", kills)
    found = graded(tasks({"once": RIGHT, "unlucky": RIGHT + "# 1", "a": RIGHT + "# 2", "b": WRONG}))
    assert (verdict(found["a"]), verdict(found["b"]), verdict(found["once"])) == ("passed", "failed", "passed")
    assert found["unlucky"].fault == "the grading process died 2 times while this was graded"
    assert os.listdir(cohort.place.temporary) == []


def test_hostile_ones_in_a_warm_process_get_their_verdict_and_leave_the_next_its_own(tasks) -> None:
    hostile = {
        "exit": "import os\n\n\ndef half(x):\n    os._exit(0)\n",
        "writes": "def half(x):\n    open('left', 'w').write('x' * 1000)\n    return x / 2\n",
        "reads": "import os\n\n\ndef half(x):\n    return x / 2 if not os.listdir('.') else x\n",
        "patches": "import numpy\nnumpy.allclose = lambda *a, **k: True\n\n\ndef half(x):\n    return 0 * x\n",
    }
    third = "\n\ndef third(x):\n    return x / 3\n"
    found = graded(
        tasks({name: text + third for name, text in hostile.items()} | {"right": RIGHT, "wrong": WRONG}), jobs=1
    )
    assert {name: verdict(one) for name, one in found.items()} == {
        "exit": "crashed", "writes": "passed", "reads": "passed", "patches": "failed", "right": "passed", "wrong": "failed",
    }  # fmt: skip


def test_at_level_namespaces_two_answers_share_no_sandbox(cohort, tasks, needs) -> None:
    needs(namespaces.missing())
    writes = "import os\nFOUND = os.listdir('.')\nopen('left', 'w').write('x')\n\n\ndef half(x):\n    return x / 2 if not FOUND else x\n"
    third = "\n\ndef third(x):\n    return x / 3\n"
    answers = {f"w{n}": f"{writes}{third}# {n}\n" for n in range(3)} | {"wrong": WRONG}
    found = graded(tasks(answers, "namespaces"), jobs=1)
    assert [verdict(one) for one in found.values()] == ["passed"] * 3 + ["failed"]
    assert "bubblewrap" in json.loads(found["w1"].report)["protections"]
    assert os.listdir(cohort.place.temporary) == []


def test_what_done_raises_stops_everything(cohort, tasks) -> None:
    def full(one: Graded) -> None:
        raise UserError("the disk is full")

    with pytest.raises(UserError, match="full"):
        pool.in_pool(tasks({"a": RIGHT, "b": HANGS}), 2, full)
    assert os.listdir(cohort.place.temporary) == []
    assert subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "spawn_main"], capture_output=True).stdout == b""


def test_an_archive_is_graded_like_a_file(cohort) -> None:
    cohort.place.write("in/.keep", "")
    with zipfile.ZipFile(cohort.place.root / "in/ada.zip", "w") as archive:
        archive.writestr("deep/half.py", RIGHT)
    cohort.grade()
    assert cohort.grades["ada"]["verdict"] == "passed"
