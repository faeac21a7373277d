"""What stays of a run on the disk: reports that are new, one event each, and nothing half-written."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.store import save
from tracker import journal, report
from tracker.errors import UserError
from tracker.report import MARKS, Machine, Report, Timing, Verdict
from tracker.workspace import Workspace

RIGHT = Report(
    exercise="small", exercise_version=1, backend="numpy", device="cpu", verdict=Verdict.PASSED, message="all 3 checks passed",
    demo=False, demo_verdict=None, parts={}, marks=dict.fromkeys(MARKS, True), mark_notes={}, cases=(), timings=(), seed="0" * 32, seed_given=False,
    sandbox="process", protections=(), started="2026-05-04T10:20:30Z", seconds=1.5, source={"small.py": "x = 'é'\n"}, source_hash="a" * 64,
    spec_hash="b" * 64, harness_version="1", versions={}, machine=Machine("a processor", 2, 8.0, "Linux"), threads=1, earned=(),
    similarity={}, printed="", failure=None, proven="this", not_proven="that",
)  # fmt: skip
WRONG = replace(RIGHT, verdict=Verdict.FAILED, marks={**RIGHT.marks, "correct": False})
LATER = "2026-05-04T10:20:31Z"
NAME = re.compile(r"20260504T102030Z-numpy-[0-9a-f]{6}\.json")


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, ())


def kept(place: Workspace) -> list[str]:
    """Every file below reports/ but the journal."""
    files = (path for path in place.reports.rglob("*") if path.is_file() and path != place.journal)
    return sorted(path.relative_to(place.reports).as_posix() for path in files)


def events(place: Workspace) -> list[dict[str, Any]]:
    return [event.data for event in journal.read(place.journal).events]


# --- what is new ---------------------------------------------------------------------------------------------------


def test_a_report_its_page_and_its_event_are_written(place: Workspace) -> None:
    path = save(place, RIGHT, to_journal=True)
    assert path is not None
    assert NAME.fullmatch(path.name)
    assert kept(place) == [f"small/{path.stem}.html", f"small/{path.name}", f"small/{path.stem}.md"]
    assert report.load(path.read_text("utf-8")) == RIGHT
    assert events(place) == [
        {
            "exercise": "small",
            "backend": "numpy",
            "device": "cpu",
            "verdict": "passed",
            "marks": dict.fromkeys(MARKS, True),
            "version": 1,
            "report": f"reports/small/{path.name}",
            "report_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "source_hash": "a" * 64,
        }
    ]
    assert [event.kind for event in journal.read(place.journal).events] == ["graded"]


def test_an_unchanged_run_writes_nothing_and_gives_the_report_that_is_there(place: Workspace) -> None:
    first = save(place, RIGHT, to_journal=True)
    before = kept(place), place.journal.read_bytes()
    again = replace(RIGHT, started=LATER, seconds=9.0, seed="1" * 32, printed="something else")
    assert save(place, again, to_journal=True) == first
    assert (kept(place), place.journal.read_bytes()) == before


def test_each_device_has_a_last_report_of_its_own(place: Workspace) -> None:
    on_cpu = save(place, RIGHT, to_journal=True)
    save(place, replace(RIGHT, started=LATER, device="cuda"), to_journal=True)
    assert save(place, replace(RIGHT, started=LATER), to_journal=True) == on_cpu
    assert len(events(place)) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"source_hash": "c" * 64},
        {"verdict": Verdict.FAILED},
        {"marks": {**RIGHT.marks, "expert": None}},
        {"exercise_version": 2},
        {"backend": "torch"},
        {"device": "cuda"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_changed_is_a_new_report_and_event(changed: dict[str, Any], place: Workspace) -> None:
    save(place, RIGHT, to_journal=True)
    save(place, replace(RIGHT, started=LATER, **changed), to_journal=True)
    assert (len(kept(place)), len(events(place))) == (6, 2)


def test_what_counts_as_unchanged_is_the_newest_report(place: Workspace) -> None:
    for second, found in enumerate((RIGHT, WRONG, RIGHT)):
        save(place, replace(found, started=f"2026-05-04T10:20:3{second}Z"), to_journal=True)
    assert [event["verdict"] for event in events(place)] == ["passed", "failed", "passed"]


def test_each_backend_has_its_own_newest_report(place: Workspace) -> None:
    save(place, RIGHT, to_journal=True)
    save(place, replace(RIGHT, backend="torch", started=LATER), to_journal=True)
    before = kept(place)
    save(place, replace(RIGHT, started="2026-05-04T10:20:32Z"), to_journal=True)
    assert kept(place) == before


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"source_hash": 1}', "\x00"])
def test_a_spoilt_report_does_not_stop_the_next_one(text: str, place: Workspace) -> None:
    path = save(place, RIGHT, to_journal=True)
    assert path is not None
    path.write_text(text, "utf-8")
    assert save(place, replace(RIGHT, started=LATER), to_journal=True) != path
    assert path.read_text("utf-8") == text


def test_two_reports_of_one_second_have_two_names(place: Workspace) -> None:
    paths = [path for found in (RIGHT, WRONG) if (path := save(place, found, to_journal=True))]
    assert [bool(NAME.fullmatch(path.name)) for path in paths] == [True, True]
    assert [json.loads(path.read_text("utf-8"))["verdict"] for path in paths] == ["passed", "failed"]
    assert [event["report"] for event in events(place)] == [f"reports/small/{path.name}" for path in paths]
    assert len(kept(place)) == 6


def test_of_the_reports_of_one_second_the_last_written_is_the_newest(place: Workspace) -> None:
    """Else a run that changed the verdict back could pass for an unchanged one, and reach no journal."""
    for found in 6 * (RIGHT, WRONG):
        save(place, found, to_journal=True)
    assert [event["verdict"] for event in events(place)] == 6 * ["passed", "failed"]


# --- the journal ---------------------------------------------------------------------------------------------------


def test_the_event_holds_the_hash_of_exactly_the_reports_bytes(place: Workspace) -> None:
    save(place, RIGHT, to_journal=True)
    save(place, replace(WRONG, printed="tab\t, ü, \u2028 and \U0001f600", started=LATER), to_journal=True)
    for event in events(place):
        assert event["report_sha256"] == hashlib.sha256((place.root / event["report"]).read_bytes()).hexdigest()
    assert len(events(place)) == 2


def test_a_report_whose_event_is_lost_gets_one_on_the_next_run(place: Workspace) -> None:
    """As after a kill between report and event."""
    save(place, RIGHT, to_journal=True)
    place.journal.unlink()
    save(place, replace(RIGHT, started=LATER), to_journal=True)
    (event,) = events(place)
    assert event["report_sha256"] == hashlib.sha256((place.root / event["report"]).read_bytes()).hexdigest()
    save(place, replace(RIGHT, started="2026-05-04T10:20:32Z"), to_journal=True)
    assert len(events(place)) == 1


def test_an_event_of_another_kind_or_report_is_not_this_reports(place: Workspace) -> None:
    path = save(place, RIGHT, to_journal=True)
    assert path is not None
    place.journal.unlink()
    journal.append(place.journal, "hint", report=f"reports/small/{path.name}")
    journal.append(place.journal, "graded", report=f"reports/other/{path.name}")
    save(place, replace(RIGHT, started=LATER), to_journal=True)
    assert len(events(place)) == 3


def test_without_credit_there_is_a_report_and_no_event(place: Workspace) -> None:
    save(place, replace(RIGHT, seed_given=True), to_journal=False)
    assert (len(kept(place)), place.journal.exists()) == (3, False)


def test_a_run_with_a_given_seed_does_not_stand_in_for_a_real_one(place: Workspace) -> None:
    save(place, replace(RIGHT, seed_given=True), to_journal=False)
    save(place, replace(RIGHT, started=LATER), to_journal=True)
    assert (len(kept(place)), len(events(place))) == (6, 1)


@pytest.mark.parametrize("to_journal", [True, False])
def test_a_demonstration_goes_to_its_own_folder_and_never_to_the_journal(to_journal: bool, place: Workspace) -> None:
    demo = replace(RIGHT, demo=True, demo_verdict=Verdict.PASSED, verdict=Verdict.NOT_WRITTEN_YET)
    path = save(place, demo, to_journal=to_journal)
    assert path is not None
    assert (kept(place), place.journal.exists()) == (
        [f"demo/{path.stem}.html", f"demo/{path.name}", f"demo/{path.stem}.md"],
        False,
    )


def test_a_demonstration_is_not_what_the_answers_run_is_compared_with(place: Workspace) -> None:
    save(place, replace(RIGHT, demo=True), to_journal=False)
    save(place, RIGHT, to_journal=True)
    assert (len(kept(place)), len(events(place))) == (6, 1)


# --- a disk that refuses -------------------------------------------------------------------------------------------


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_no_file_and_no_event(place: Workspace) -> None:
    with at_most(100), pytest.raises(UserError, match="the run is not recorded") as error:
        save(place, RIGHT, to_journal=True)
    assert error.value.fix == "free some space or make the folder writable, then run again (--no-save grades without writing)"  # fmt: skip
    assert (os.listdir(place.reports / "small"), place.journal.exists()) == ([], False)


def test_a_full_disk_leaves_the_reports_that_were_there(place: Workspace) -> None:
    save(place, RIGHT, to_journal=True)
    before = kept(place), place.journal.read_bytes()
    with at_most(100), pytest.raises(UserError):
        save(place, WRONG, to_journal=True)
    assert (kept(place), place.journal.read_bytes()) == before
    save(place, WRONG, to_journal=True)
    assert [event["verdict"] for event in events(place)] == ["passed", "failed"]


def test_a_page_that_cannot_be_written_leaves_no_event_and_the_next_run_mends_it(place: Workspace) -> None:
    found = replace(RIGHT, message="*" * 3000)  # the page writes each with a backslash, so it is the longer file
    with at_most(len(report.dump(found))), pytest.raises(UserError, match="cannot write the report"):
        save(place, found, to_journal=True)
    assert ([Path(name).suffix for name in kept(place)], place.journal.exists()) == ([".json"], False)
    save(place, replace(RIGHT, started=LATER), to_journal=True)
    assert len(events(place)) == 1


def test_a_file_where_the_folder_should_be_is_told(place: Workspace) -> None:
    place.reports.mkdir()
    (place.reports / "small").write_text("mine")
    with pytest.raises(UserError, match="cannot write the report"):
        save(place, RIGHT, to_journal=True)
    assert (kept(place), (place.reports / "small").read_text()) == (["small"], "mine")


def test_a_report_can_be_read_by_others(place: Workspace) -> None:
    """A temporary file is for its owner alone; what it becomes is not."""
    path = save(place, RIGHT, to_journal=True)
    assert path is not None
    assert [p.stat().st_mode & 0o777 for p in (path, path.with_suffix(".md"), path.with_suffix(".html"))] == [0o644] * 3


# --- other backends ------------------------------------------------------------------------------------------------

TIMED = Timing("small", "small", "float32", "yardstick", "reference.py", 1.4, 1.3, 1.5, "slower", 9_000_000, 6_000_000)
NUMPY = replace(RIGHT, timings=(TIMED,))
TORCH = replace(NUMPY, backend="torch")


def put(place: Workspace, found: Report, name: str) -> None:
    path = place.reports / "small" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.dump(found), "utf-8")


def beside(place: Workspace, found: Report = NUMPY) -> list[str]:
    """What the saved page names of others: each with its day."""
    path = save(place, found, to_journal=False)
    assert path is not None
    both = [path.with_suffix(kind).read_text("utf-8").replace("\\", "") for kind in (".html", ".md")]
    named = [re.findall(r"(\w+ on \w+) \(graded on (\S+)\): ", text) for text in both]
    assert named[0] == named[1]
    return [" ".join(one) for one in named[0]]


def test_the_page_has_the_newest_timed_pass_of_each_other_backend_and_device(place: Workspace) -> None:
    for number, one in enumerate((
        replace(TORCH, started="2026-01-01T00:00:00Z", source_hash="d" * 64),
        replace(TORCH, started="2026-02-02T00:00:00Z", source_hash="d" * 64),
        replace(TORCH, started="2026-03-03T00:00:00Z", source_hash="d" * 64, timings=()),
        replace(TORCH, started="2026-03-04T00:00:00Z", source_hash="d" * 64, verdict=Verdict.FAILED),
        replace(TORCH, started="2026-03-05T00:00:00Z", source_hash="d" * 64, seed_given=True),
        replace(TORCH, started="2026-03-06T00:00:00Z", source_hash="d" * 64, exercise="other"),
        replace(TORCH, started="2026-01-07T00:00:00Z", source_hash="d" * 64, device="cuda"),
        replace(RIGHT, started="2026-01-08T00:00:00Z", source_hash="d" * 64, backend="triton"),
        replace(RIGHT, started="2026-01-09T00:00:00Z", source_hash="d" * 64),
    )):  # fmt: skip
        put(place, one, f"2026{number}T-{one.backend}-{number}.json")
    assert beside(place) == ["torch on cuda 2026-01-07", "torch on cpu 2026-02-02", "triton on cpu 2026-01-08"]


def test_a_report_on_one_device_is_beside_the_same_backend_on_another(place: Workspace) -> None:
    put(place, replace(TORCH, source_hash="d" * 64), "1-torch-a.json")
    assert beside(place, replace(TORCH, device="cuda")) == ["torch on cpu 2026-05-04"]


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "{", "\x00", "[" * 100_000, report.dump(TORCH).replace('"threads": 1', '"threads": "1"'),
     report.dump(TORCH).replace("9000000", "9" * 400)],
)  # fmt: skip
def test_what_is_no_report_of_another_backend_stops_no_saving(place: Workspace, text: str) -> None:
    put(place, replace(TORCH, source_hash="d" * 64), "1-torch-a.json")
    (place.reports / "small" / "2-torch-b.json").write_text(text, "utf-8")
    (place.reports / "small" / "3-torch-c.json").mkdir()
    (place.reports / "small" / "4-torch-d.json").write_bytes(b"\xff")
    os.mkfifo(place.reports / "small" / "5-torch-e.json")
    assert beside(place) == ["torch on cpu 2026-05-04"]


def test_a_demonstration_has_nothing_beside_it(place: Workspace) -> None:
    path = save(place, replace(TORCH, demo=True), to_journal=False)
    assert path is not None
    assert beside(place, replace(NUMPY, demo=True)) == []
