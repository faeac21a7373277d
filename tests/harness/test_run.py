"""The command `harness run`: its keys, its exit codes, what it writes, and what it leaves when it is stopped."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SOFTMAX = next((CHECKOUT / "curriculum").glob("*/softmax"))
REFERENCE = (SOFTMAX / "solutions" / "reference.py").read_text("utf-8")
TEMPLATE = (SOFTMAX / "exercise.py").read_text("utf-8")
WRONG = "import numpy as np\n\n\ndef softmax(x, axis=-1, temperature=1.0):\n    return np.exp(x) / np.exp(x).sum()\n"
OWN = "impls/softmax/softmax.py"
SEED = "00000000000000000000000000c0ffee"


def events(place: Any) -> list[dict[str, Any]]:
    path = place.root / "reports" / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def reports(place: Any, folder: str = "softmax") -> list[str]:
    return sorted(path.name for path in (place.root / "reports" / folder).glob("*"))


# --- the stable keys -----------------------------------------------------------------------------------------------

KEYS = {"exercise", "backend", "verdict", "parts", "marks", "cases", "timings", "seed", "sandbox", "source_hash", "demo", "report", "schema"}  # fmt: skip
TIMED = {"case", "part", "ratio", "ratio_low", "ratio_high", "verdict", "against"}


def test_the_json_holds_the_keys_that_other_programs_rely_on(place: Any) -> None:
    place.write(OWN, REFERENCE)
    found = place.run("run", "softmax", "--quick", "--json").json
    assert found.keys() >= KEYS
    assert (found["exercise"], found["backend"], found["verdict"], found["sandbox"]) == (
        "softmax",
        "numpy",
        "passed",
        "process",
    )
    assert (found["demo"], found["demo_verdict"], found["schema"], found["timings"]) == (False, None, 1, [])
    assert found["marks"] == {"correct": True, "robust": True, "gradient": True, "efficient": None, "expert": None}
    assert list(found["parts"]) == ["log_softmax", "logsumexp", "softmax", "softmax_backward"]
    assert {case["passed"] for case in found["cases"]} == {True}
    assert all(case.keys() >= {"name", "part", "passed", "message"} for case in found["cases"])
    assert len(found["seed"]) == 32
    assert int(found["seed"], 16) > 0
    assert len(found["source_hash"]) == 64
    assert found["report"].startswith("reports/softmax/")


TIMED_SPEC = """
import numpy as np
from harness.spec import Cost, Exercise, Timing, case


def grow(x):
    return np.exp(x)


def inputs(rng, n=3):
    return {"x": rng.standard_normal(n)}


def cost(itemsize, n):
    return Cost(flops=n, bytes_moved=2 * itemsize * n)


EXERCISE = Exercise(version=1, inputs=inputs, oracle=grow, cases=(case("short"),), timings=(Timing(case("long", n=50_000), cost),))
"""
GROW = "import numpy as np\n\n\ndef grow(x):\n    return np.exp(x)\n"


def test_a_timed_run_tells_ratios_with_their_intervals(place: Any) -> None:
    place.write("curriculum/own/grow/spec.py", TIMED_SPEC)
    place.write("curriculum/own/grow/solutions/reference.py", GROW)
    slow = place.write(
        "slow.py", GROW + "\n\nfast = grow\n\n\ndef grow(x):\n    return [fast(x) for _ in range(30)][-1]\n"
    )
    found = place.run("run", "grow", "--answer", str(slow), "--budget", "1", "--json", "--no-save").json
    (timing,) = found["timings"]
    assert timing.keys() >= TIMED
    assert (timing["case"], timing["part"], timing["against"], timing["verdict"]) == (
        "long",
        "grow",
        "yardstick",
        "slower",
    )
    assert 3 < timing["ratio_low"] <= timing["ratio"] <= timing["ratio_high"]
    assert (found["verdict"], found["marks"]["correct"], found["marks"]["efficient"]) == ("passed", True, False)


# --- exit codes ----------------------------------------------------------------------------------------------------


def test_a_right_answer_ends_with_0_and_what_to_do_next(place: Any) -> None:
    place.write(OWN, REFERENCE)
    ended = place.run("run", "softmax", "--quick")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1].split() == ["next", "tracker", "next"]


def test_a_wrong_answer_ends_with_1_and_a_lesson(place: Any) -> None:
    place.write(OWN, WRONG)
    ended = place.run("run", "softmax", "--quick")
    assert (ended.code, ended.stderr) == (1, "")
    assert "what went wrong: softmax, " in ended.stdout
    assert "expected = " in ended.stdout
    assert ended.stdout.splitlines()[-1].split() == ["next", "harness", "hint", "softmax"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["softmx"], "there is no exercise 'softmx'\ndid you mean 'softmax'?"),
        (["softmax", "--answer", "nowhere.py"], "nowhere.py is not a file\ngive the .py file of your answer"),
        (["softmax", "--seed", "xyz"], "--seed xyz: a seed is 1 to 32 hex digits"),
        (["softmax", "--seed", "1" * 33], f"--seed {'1' * 33}: a seed is 1 to 32 hex digits"),
        (["softmax", "--backend", "tensorflow"], "tensorflow"),
        ([], "EXERCISE"),
    ],
)
def test_what_the_user_can_put_right_ends_with_2(arguments: list[str], words: str, place: Any) -> None:
    ended = place.run("run", *arguments)
    assert (ended.code, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_outside_a_workspace_it_says_how_to_make_one(place: Any) -> None:
    (place.root / "roadmap.yaml").unlink()
    ended = place.run("run", "softmax", "--quick")
    assert (ended.code, ended.stdout) == (2, "")
    assert "`tracker init my-ml`" in ended.stderr


BROKEN_SPECS = {
    "the oracle raises": ("def softmax(x, axis=-1, temperature=1.0):\n", "def softmax(x, axis=-1, temperature=1.0):\n    raise OSError('gone')\n"),
    "a property raises": ('    weights = answer(**x)\n', '    weights = answer(**x)["weights"]\n'),
    "the inputs raise": ("    x = shift + ", "    x = shift / 0 + "),
    "the spec raises": ("EXERCISE = ", "1 / 0\nEXERCISE = "),
    "there is no exercise": ("EXERCISE = ", "EXERCISES = "),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN_SPECS)
def test_a_broken_spec_is_nobodys_failure_and_ends_with_3(fault: str, place: Any) -> None:
    find, replace = BROKEN_SPECS[fault]
    for name in ("test_implementation.py", "solutions/reference.py"):
        place.write(f"curriculum/own/softmax/{name}", (SOFTMAX / name).read_text("utf-8"))
    spec = (SOFTMAX / "spec.py").read_text("utf-8")
    assert spec.count(find) == 1
    place.write("curriculum/own/softmax/spec.py", spec.replace(find, replace))
    place.write(OWN, REFERENCE)
    ended = place.run("run", "softmax", "--quick", "--json")
    assert ended.code == 3
    assert "This is our bug" not in ended.stderr
    assert ended.json["verdict"] == "spec broken"
    assert ended.json["marks"].get("correct") is not True
    assert [event for event in events(place) if event["marks"].get("correct")] == []


# --- a missing answer ----------------------------------------------------------------------------------------------


def test_a_missing_answer_is_a_demonstration_and_no_pass(place: Any) -> None:
    ended = place.run("run", "softmax", "--quick", "--json")
    found = ended.json
    assert (ended.code, found["demo"], found["verdict"], found["demo_verdict"]) == (
        1,
        True,
        "not written yet",
        "passed",
    )
    assert found["report"].startswith("reports/demo/")
    assert (events(place), reports(place)) == ([], [])


def test_the_demonstration_says_how_to_begin(place: Any) -> None:
    ended = place.run("run", "softmax", "--quick")
    assert ended.code == 1
    assert (
        ended.stdout.splitlines()[0]
        == "softmax is not written yet; this is the shipped reference solution, as a demonstration"
    )
    assert ended.stdout.splitlines()[-1].split() == ["next", "tracker", "start", "softmax"]


def test_demo_grades_the_shipped_solution_even_where_an_answer_exists(place: Any) -> None:
    place.write(OWN, WRONG)
    ended = place.run("run", "softmax", "--quick", "--demo", "--json")
    found = ended.json
    assert (ended.code, found["demo"], found["verdict"], found["demo_verdict"]) == (
        0,
        True,
        "not written yet",
        "passed",
    )
    assert (events(place), reports(place)) == ([], [])


def test_the_untouched_template_is_not_written_yet_and_no_demonstration(place: Any) -> None:
    place.write(OWN, TEMPLATE)
    ended = place.run("run", "softmax", "--quick", "--json")
    found = ended.json
    assert (ended.code, found["demo"], found["verdict"]) == (1, False, "not written yet")
    assert {part["verdict"] for part in found["parts"].values()} == {"not written yet"}
    assert {found["marks"][mark] for mark in ("correct", "robust", "gradient")} == {False}


# --- the seed ------------------------------------------------------------------------------------------------------


def drawn(found: dict[str, Any]) -> dict[tuple[str, str, str | None], str | None]:
    """The hash of the inputs of every case."""
    return {(c["part"], c["name"], c["dtype"]): c["inputs_sha256"] for c in found["cases"] if c["kind"] == "case"}


def test_the_same_seed_draws_the_same_inputs_and_another_seed_others(place: Any) -> None:
    answer = str(place.write("answer.py", REFERENCE))
    one, two, other = (
        place.run("run", "softmax", "--answer", answer, "--quick", "--json", "--no-save", "--seed", seed).json
        for seed in (SEED, "c0ffee", "c0ffef")
    )
    assert (one["seed"], one["seed_given"], two["seed"]) == (SEED, True, SEED)
    assert drawn(one) == drawn(two)
    assert None not in drawn(one).values()
    empty = {key for key in drawn(one) if key[1] == "no rows"}
    assert {key for key, value in drawn(one).items() if value == drawn(other)[key]} == empty


def test_two_runs_without_a_seed_draw_different_ones(place: Any) -> None:
    place.write(OWN, REFERENCE)
    one, two = (place.run("run", "softmax", "--quick", "--json", "--no-save").json for _ in range(2))
    assert one["seed"] != two["seed"]
    assert (one["seed_given"], two["seed_given"]) == (False, False)


def test_the_line_to_reproduce_shows_the_failure_again(place: Any) -> None:
    place.write(OWN, REFERENCE.replace("return y * (dy - mean)", "return y * dy"))
    found = place.run("run", "softmax", "--quick", "--json").json
    part, case = "softmax_backward", "the gradient sums to zero"
    again = place.run("run", "softmax", "--seed", found["seed"], "--case", f"{part}/{case}", "--json").json
    assert {(c["part"], c["name"], c["passed"]) for c in again["cases"]} == {(part, case, False)}
    assert (again["report"], again["seed"]) == (None, found["seed"])


# --- reports and the journal ---------------------------------------------------------------------------------------


def test_a_run_writes_a_report_a_page_and_one_event(place: Any) -> None:
    place.write(OWN, REFERENCE)
    found = place.run("run", "softmax", "--quick", "--json").json
    report = place.root / found["report"]
    assert sorted(reports(place)) == sorted(report.with_suffix(end).name for end in (".json", ".md", ".html"))
    (event,) = events(place)
    assert (event["kind"], event["exercise"], event["backend"], event["verdict"]) == (
        "graded",
        "softmax",
        "numpy",
        "passed",
    )
    assert (event["marks"], event["report"], event["source_hash"]) == (
        found["marks"],
        found["report"],
        found["source_hash"],
    )
    assert event["report_sha256"] == hashlib.sha256(report.read_bytes()).hexdigest()
    from tracker.report import load

    kept = load(report.read_text("utf-8"))
    assert (kept.verdict.value, kept.seed, kept.source) == ("passed", found["seed"], {"softmax.py": REFERENCE})


def test_a_report_names_no_user_host_or_path(place: Any) -> None:
    place.write(OWN, WRONG + "raise_here = 1\nprint(__file__)\n")
    found = place.run("run", "softmax", "--quick", "--json").json
    report = place.root / found["report"]
    text = "".join(report.with_suffix(end).read_text("utf-8") for end in (".json", ".md", ".html"))
    for private in (str(place.root), str(place.temporary), str(CHECKOUT)):
        assert private not in text
    plain = text.partition("<!doctype html>")[0]  # the page's styles have names of two letters, as this host may
    assert os.uname().nodename not in plain
    assert found["printed"].splitlines()[0] == "impls/softmax/softmax.py"


def test_an_unchanged_run_writes_nothing_more(place: Any) -> None:
    place.write(OWN, REFERENCE)
    first = place.run("run", "softmax", "--quick", "--json").json
    before = place.files()
    second = place.run("run", "softmax", "--quick", "--json").json
    assert (place.files(), second["report"]) == (before, first["report"])


def test_a_changed_answer_is_a_second_report_and_event(place: Any) -> None:
    place.write(OWN, WRONG)
    place.run("run", "softmax", "--quick", "--json")
    place.write(OWN, REFERENCE)
    place.run("run", "softmax", "--quick", "--json")
    assert [event["verdict"] for event in events(place)] == ["failed", "passed"]
    assert len(reports(place)) == 6  # data, a text and a page for each of both


@pytest.mark.parametrize(
    "options", [["--seed", SEED], ["--demo"], ["--no-save"], ["--case", "matrix"], ["--answer", OWN]]
)
def test_what_earns_no_credit_reaches_no_journal(options: list[str], place: Any) -> None:
    place.write(OWN, REFERENCE)
    assert place.run("run", "softmax", "--quick", "--json", *options).code == 0
    assert events(place) == []


def test_a_demo_of_a_file_is_refused_since_it_would_grade_the_shipped_solution(place: Any) -> None:
    place.write(OWN, WRONG)
    ended = place.run("run", "softmax", "--quick", "--demo", "--answer", OWN)
    assert (ended.code, ended.stdout) == (2, "")
    assert "--demo grades the shipped solution, --answer another file" in ended.stderr


def test_a_report_that_cannot_be_written_is_told_and_nothing_half_written_stays(place: Any) -> None:
    place.write(OWN, REFERENCE)
    place.write("reports/softmax", "a file where the folder should be\n")
    before = place.files()
    ended = place.run("run", "softmax", "--quick")
    assert (ended.code, ended.stdout) == (2, "")
    assert "cannot write the report" in ended.stderr
    assert "--no-save grades without writing" in ended.stderr
    assert place.files() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_a_read_only_folder_is_told_likewise(place: Any) -> None:
    place.write(OWN, REFERENCE)
    (place.root / "reports").mkdir()
    (place.root / "reports").chmod(0o555)
    ended = place.run("run", "softmax", "--quick")
    assert (ended.code, ended.stdout) == (2, "")
    assert "make the folder writable" in ended.stderr


# --- Ctrl-C --------------------------------------------------------------------------------------------------------

WAITS = """
import os, time


def softmax(x, axis=-1, temperature=1.0):
    open("here", "w").close()
    time.sleep(60)
"""


def test_ctrl_c_leaves_no_process_and_no_file(place: Any) -> None:
    place.write(OWN, WAITS)
    before = place.files()
    process = place.start("run", "softmax", "--quick")
    while process.poll() is None and not list(place.temporary.glob("scratchmark-*/scratch-*/here")):
        pass
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (130, "", "\n")  # the line of the ^C is ended
    assert left_behind(place, process.pid) == ([], [])
    assert place.files() == before


def test_a_killed_judge_leaves_no_process(place: Any) -> None:
    place.write(OWN, WAITS)
    process = place.start("run", "softmax", "--quick")
    while process.poll() is None and not list(place.temporary.glob("scratchmark-*/scratch-*/here")):
        pass
    process.kill()
    process.communicate(timeout=30)
    assert left_behind(place, process.pid)[0] == []


def left_behind(place: Any, session: int) -> tuple[list[str], list[str]]:
    """Processes and temporary files of a run that has ended."""
    return place.left_over(session), os.listdir(place.temporary)


# --- whose fault it is ---------------------------------------------------------------------------------------------


def test_a_check_that_does_not_exist_grades_nothing_and_nothing_passes(place: Any) -> None:
    place.write(OWN, REFERENCE)
    ended = place.run("run", "softmax", "--case", "softmax/matrx")
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr == "softmax has no check called 'softmax/matrx'\ndid you mean 'softmax/matrix'?\n"


def test_what_cannot_cross_or_be_written_out_is_the_answers_failure(place: Any) -> None:
    """Half a character as text, and an int that CPython refuses to print."""
    answer = place.write(
        "odd.py",
        "def train(text, vocab_size):\n    return [(10**5000, 1)] * (vocab_size - 256)\n\n\n"
        "def encode(text, merges):\n    return [10**5000]\n\n\ndef decode(ids, merges):\n    return chr(0xD800)\n",
    )
    ended = place.run("run", "bpe", "--answer", str(answer), "--quick", "--no-save", "--json")
    assert (ended.code, ended.json["verdict"]) == (1, "failed")
    assert {p["verdict"] for p in ended.json["parts"].values()} == {"failed"}
    messages = [case["message"] for case in ended.json["cases"]]
    assert any("half a character (a lone surrogate)" in words for words in messages)
    assert any("an int of thousands of digits" in words for words in messages)
