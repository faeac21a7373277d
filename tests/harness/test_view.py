"""A report in a terminal: made-up reports at three widths, without colour, in ASCII, and with hostile strings in them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from tracker import report
from tracker.report import MARKS, Case, Failure, Machine, Part, Report, Timing, Verdict

CASE = Case("one row", "half", "float64", "case", "correct", True)
TIMING = Timing(
    case="a matrix of a thousand rows", part="half", dtype="float32", against="yardstick", against_name="solutions/in_place_with_numpy.py", ratio=1.234,
    ratio_low=1.2, ratio_high=1.27, verdict="slower", median_ns=14_200, against_median_ns=11_500,
)  # fmt: skip
PASSED = Report(
    exercise="small", exercise_version=1, backend="numpy", device="cpu", verdict=Verdict.PASSED, message="all 3 checks passed",
    demo=False, demo_verdict=None, parts={"half": Part(Verdict.PASSED), "half_backward": Part(Verdict.PASSED, required=False)},
    marks={"correct": True, "robust": True, "gradient": True, "efficient": False, "expert": None},
    mark_notes={"expert": "no library does this in one call, so that there is nothing to measure this answer against here"}, cases=(CASE,),
    timings=(TIMING, replace(TIMING, against="library", against_name="np.multiply(x, 0.5)", verdict="cannot tell", ratio=1.01)),
    seed="0" * 32, seed_given=False, sandbox="process", protections=(), started="2026-05-04T10:20:30Z", seconds=1.5, source={}, source_hash="a" * 64,
    spec_hash="b" * 64, harness_version="1", versions={}, machine=Machine("a processor", 2, 8.0, "Linux"), threads=1, earned=(), similarity={},
    printed="", failure=None, proven="this", not_proven="that",
)  # fmt: skip
PASTE = "python -c 'import numpy as np; from impls.small.small import half as f; print(f(x=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])))'"
FAILURE = Failure(
    case="one row of many columns that has a long name", part="half", dtype="float32", inputs={"x": "[[1 2 3]\n [4 5 6]]", "a_long_name": "[" + " 0.125" * 30 + "]"},
    sentence="the largest error is 0.5, allowed is 1.2e-06, and this is a sentence that is longer than a narrow terminal", got="[0.5 1.  2. ]",
    expected="[0.5 1.  1.5]", worst="element (2,): got 2.0, expected 1.5", mistake="divides by the wrong number", reproduce=PASTE,
    frames=("small.py line 3, in half: return x / 2 if len(x) < 3 else something_else_entirely(x)",),
)  # fmt: skip
FAILED = replace(
    PASSED, verdict=Verdict.FAILED, message="11 of 12 checks failed", marks={**PASSED.marks, "correct": False, "robust": False}, failure=FAILURE,
    parts={"half": Part(Verdict.FAILED), "half_backward": Part(Verdict.NOT_WRITTEN_YET, required=False)}, timings=(), printed="hello\n" * 14 + "w" * 300,
    cases=tuple(replace(CASE, name=f"check number {n} with words", passed=False, message="the largest error is " + "9" * 90) for n in range(11)),
)  # fmt: skip
UNWRITTEN = replace(
    PASSED, verdict=Verdict.NOT_WRITTEN_YET, message="still to write: half, half_backward", timings=(),
    marks=dict.fromkeys(MARKS, False), mark_notes={}, parts=dict.fromkeys(PASSED.parts, Part(Verdict.NOT_WRITTEN_YET)),
    cases=(replace(CASE, passed=False, message="not written yet"),),
)  # fmt: skip
DEMO = replace(PASSED, demo=True, demo_verdict=Verdict.PASSED, verdict=Verdict.NOT_WRITTEN_YET)
REPORTS = {"passed": PASSED, "failed": FAILED, "not written yet": UNWRITTEN, "demo": DEMO}
SAVED = "reports/small/20260504T102030Z-numpy-aaaaaa.json"
OPENED = ["attention", "layer-normalization", "a-topic-with-a-long-name", "another-topic", "the-last-of-them"]


def shown(found: Report, *, width: int = 100, saved: str | None = SAVED, opened: list[str] | None = None) -> str:
    """What `view.show` writes to a pipe that is so wide."""
    return run(found, {"COLUMNS": str(width)}, saved, opened)


def run(found: Report, environment: dict[str, str], saved: str | None = SAVED, opened: list[str] | None = None) -> str:
    """`view.show` in a process of its own."""
    code = (
        "import sys; from harness import view; from tracker.report import load\n"
        f"view.show(load(sys.stdin.buffer.read().decode()), {saved!r}, {opened or []!r})"
    )
    clean = {n: v for n, v in os.environ.items() if n not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "PYTHONIOENCODING", "TTY_COMPATIBLE")}  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", code], input=report.dump(found).encode(), capture_output=True, timeout=60,
        env=clean | {"PYTHONIOENCODING": "utf-8"} | environment,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr.decode()) == (0, "")
    return ended.stdout.decode("utf-8")


@pytest.mark.parametrize("width", [50, 80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_no_line_is_wider_than_the_terminal_but_the_one_to_paste(name: str, width: int) -> None:
    lines = shown(REPORTS[name], width=width, opened=OPENED).splitlines()
    wide = [line for line in lines if cell_len(line) > width]
    assert wide == (["  " + PASTE] if name == "failed" else [])


def test_the_line_to_paste_is_one_line_at_any_width() -> None:
    again = f"harness run small --seed {'0' * 32} --case 'half/one row of many columns'"
    for line in (PASTE, again):
        found = replace(FAILED, failure=replace(FAILURE, reproduce=line))
        assert [shown(found, width=width).splitlines().count("  " + line) for width in (50, 120)] == [1, 1]


def test_wide_letters_are_counted_as_two_columns() -> None:
    found = replace(FAILED, message="数" * 90, printed="数" * 90)
    assert [line for line in shown(found, width=50).splitlines() if cell_len(line) > 50] == ["  " + PASTE]


# --- verdict first, next command last ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("passed", "small (numpy, cpu)  passed"),
        ("failed", "small (numpy, cpu)  failed"),
        ("not written yet", "small (numpy, cpu)  not written yet"),
        ("demo", "small is not written yet; this is the shipped reference solution, as a demonstration"),
    ],
)
def test_the_verdict_comes_first(name: str, first: str) -> None:
    lines = shown(REPORTS[name]).splitlines()
    assert lines[0] == first
    if name == "demo":
        assert lines[1] == "small (numpy, cpu)  passed"


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("passed", "tracker next"),
        ("failed", "harness hint small"),
        ("not written yet", "harness hint small"),
        ("demo", "tracker start small"),
    ],
)
def test_the_next_command_comes_last(name: str, command: str) -> None:
    assert shown(REPORTS[name], opened=OPENED).splitlines()[-1] == f"next    {command}"


def test_a_failed_demonstration_says_so_first() -> None:
    lines = shown(replace(DEMO, demo_verdict=Verdict.SPEC_BROKEN)).splitlines()
    assert lines[1] == "small (numpy, cpu)  spec broken"


# --- what is told --------------------------------------------------------------------------------------------------


def test_marks_are_yes_no_or_not_asked() -> None:
    assert shown(PASSED).splitlines()[2].rstrip() == "✓ correct   ✓ robust   ✓ gradient   ✗ efficient   – expert"


def test_an_input_called_x_is_shown_whole_like_any_other() -> None:
    """On a terminal without ✗ a failed check begins with an x, and is cut to one line."""
    long = "[" + "0.125 " * 40 + "]"
    text = shown(replace(FAILED, failure=replace(FAILURE, inputs={"x": long, "y": long})), width=60)
    assert text.count("0.125") == 80


def test_the_whole_of_a_small_failure() -> None:
    found = replace(
        FAILED, printed="", mark_notes={}, cases=(replace(CASE, passed=False, message="off"),),
        failure=replace(FAILURE, sentence="it is off", inputs={"x": "[[1 2 3]\n [4 5 6]]"}, frames=()),
    )  # fmt: skip
    assert [line.rstrip() for line in shown(found).splitlines()] == [
        "small (numpy, cpu)  failed",
        "11 of 12 checks failed",
        "✗ correct   ✗ robust   ✓ gradient   ✗ efficient   – expert",
        "",
        "  half           failed",
        "  half_backward  not written yet (optional)",
        "",
        "what went wrong: half, one row of many columns that has a long name (float32)",
        "  it is off",
        "  x = [[1 2 3]",
        "       [4 5 6]]",
        "  got = [0.5 1.  2. ]",
        "  expected = [0.5 1.  1.5]",
        "  worst element (2,): got 2.0, expected 1.5",
        "  a known mistake gives the same numbers: divides by the wrong number",
        "  to see it again, paste this in your workspace:",
        f"  {PASTE}",
        "",
        "failed checks",
        "  ✗ half: one row – off",
        "",
        f"report  {SAVED}",
        "next    harness hint small",
    ]


def test_types_of_one_check_are_one_line_and_many_checks_are_cut() -> None:
    both = replace(FAILED, cases=(replace(CASE, passed=False), replace(CASE, passed=False, dtype="float32")))
    assert shown(both).count("✗ half: one row") == 1
    assert shown(FAILED).count("✗ half: check number") == 8
    assert "  … and 3 more in the report\n" in shown(FAILED)


def test_a_check_that_passed_or_is_not_written_is_no_failed_check() -> None:
    for found in (PASSED, UNWRITTEN):
        assert "failed checks" not in shown(found)


def test_timings_are_told_with_their_interval_and_their_unit() -> None:
    text = shown(PASSED)
    assert "  half, a matrix of a thousand rows: 14.2 µs a call\n" in text
    assert text.count("a call\n") == 1
    assert (
        "    1.23× (1.20 to 1.27) slower than the yardstick (solutions/in_place_with_numpy.py)\n"
        "    1.01× (1.20 to 1.27) no telling from the library (np.multiply(x, 0.5))\n"
    ) in text


def test_what_could_not_be_timed_says_why() -> None:
    none = replace(TIMING, ratio=None, ratio_low=None, ratio_high=None, median_ns=None, note="(it is too slow)", verdict="cannot tell")  # fmt: skip
    text = shown(replace(PASSED, timings=(none,)))
    assert "not measured (it is too slow)" in text


def test_what_the_answer_printed_is_cut_to_ten_lines() -> None:
    text = shown(FAILED)
    assert (text.count("  hello\n"), "  … 5 lines more in the report\n" in text) == (10, True)
    assert "your code printed" not in shown(PASSED)


def test_what_a_run_opened_and_where_it_is_written_are_told() -> None:
    assert "newly open: attention, rope\n" in shown(PASSED, opened=["attention", "rope"])
    assert f"report  {SAVED}\n" in shown(PASSED)
    assert "report  " not in shown(PASSED, saved=None)
    assert "a seed was given: for debugging only, it earns no credit\n" in shown(replace(PASSED, seed_given=True))


# --- terminals -----------------------------------------------------------------------------------------------------


def test_a_pipe_gets_no_colour_and_a_terminal_does_unless_it_refuses() -> None:
    assert "\x1b" not in shown(FAILED)
    assert "\x1b[1;31mfailed\x1b[0m" in run(FAILED, {"FORCE_COLOR": "1", "TERM": "xterm"})
    plain = run(FAILED, {"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": "1"})
    assert re.findall("\x1b\\[[0-9;]*m", plain) != []
    assert not re.search("\x1b\\[[0-9;]*(3|4|9)[0-9]", plain)


@pytest.mark.parametrize("name", REPORTS)
def test_an_ascii_terminal_gets_ascii(name: str) -> None:
    text = run(replace(REPORTS[name], printed="größer ≥ 1"), {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"})
    assert text.isascii()
    marks = {True: "+", False: "x", None: "-"}
    line = "   ".join(f"{marks[REPORTS[name].marks[mark]]} {mark}" for mark in MARKS)
    assert line in [words.rstrip() for words in text.splitlines()]
    assert [line for line in text.splitlines() if len(line) > 80] == (["  " + PASTE] if name == "failed" else [])


HOSTILE = "a\x1b[2J\x1b]0;title\x07\x9b31m\x08\r\x7f\u202eb"


def hostile() -> Report:
    """Every string that an answer can have a part in, with sequences that clear a screen or set its title."""
    failure = replace(
        FAILURE, sentence=HOSTILE, inputs={"x": HOSTILE}, got=HOSTILE, expected=HOSTILE, worst=HOSTILE, mistake=HOSTILE,
        frames=(HOSTILE,), case=HOSTILE, reproduce="harness run small " + HOSTILE,
    )  # fmt: skip
    return replace(
        FAILED, message=HOSTILE, failure=failure, printed=HOSTILE + "\n" + HOSTILE, timings=(replace(TIMING, note=HOSTILE, ratio=None),),
        cases=(replace(CASE, name=HOSTILE, passed=False, message=HOSTILE),), mark_notes={"expert": HOSTILE},
        parts={"half": Part(Verdict.FAILED, message=HOSTILE), "more": Part(Verdict.FAILED, message=HOSTILE)},
    )  # fmt: skip


def test_what_an_answer_says_cannot_steer_the_terminal() -> None:
    text = shown(hostile())
    assert set(re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)) == set()
    assert text.count("[2J") >= 12


def test_brackets_and_colons_of_an_answer_are_no_markup() -> None:
    text = shown(replace(FAILED, message="[red]x[/red] :smile: [link=a]b[/link]"))
    assert "\n[red]x[/red] :smile: [link=a]b[/link]\n" in text


# --- showing changes nothing ---------------------------------------------------------------------------------------


def test_showing_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown(FAILED)
    assert list(tmp_path.iterdir()) == []
