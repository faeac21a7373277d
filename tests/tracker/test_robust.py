"""What must not be lost: a clock that went back, a kind from the future, a read-only disk, two branches of real work."""

import json
import shutil
import subprocess
import sys

import pytest

from tracker import journal, progress


def line(number, time, kind, **data):
    flat = {"id": f"{number:024x}", "time": time, "host": "abcdef", "kind": kind, **data}
    return json.dumps(flat, sort_keys=True) + "\n"


def test_a_clock_that_went_back_loses_nothing(place):
    later, earlier = "2026-11-20T00:00:00.000000Z", "2019-01-01T00:00:00.000000Z"
    place.write("reports/journal.jsonl", "")
    (place.root / "reports/journal.jsonl").write_text(
        line(1, later, "done", task="numbers/count") + line(2, earlier, "done", task="numbers/add")
    )
    states = {t["id"]: t["state"] for t in json.loads(place.tracker("status", "--json").stdout)["topics"]}
    assert (states["numbers"], states["sums"]) == ("done", "open")
    place.tracker("undo", "numbers/count")
    assert json.loads(place.tracker("show", "numbers", "--json").stdout)["tasks_done"] == 1


def test_an_undo_from_before_its_tick_still_undoes_it():
    tick = journal.Event("a" * 24, "2026-11-20T00:00:00Z", "h", "done", {"task": "x/y"})
    undo = journal.Event("b" * 24, "2019-01-01T00:00:00Z", "h", "undo", {"event": tick.id})
    assert progress.of([undo, tick]).ticked == {}


def test_an_event_of_a_future_kind_is_kept_and_shown_by_lint(place):
    path = place.root / "reports/journal.jsonl"
    place.write("reports/journal.jsonl", "")
    path.write_text(line(1, "2031-01-01T00:00:00Z", "dreamt", of="transformers"))
    assert place.tracker("done", "numbers#2").returncode == 0
    assert path.read_text().startswith('{"host": "abcdef", "id": "000000000000000000000001", "kind": "dreamt"')
    assert "of the unknown kind 'dreamt'" in place.tracker("lint").stdout
    assert place.tracker("status").stderr == ""


@pytest.mark.parametrize(
    "data",
    [
        {"task": 7},
        {"task": None},
        {"rating": "good", "card": "c"},
        {"hours": "x", "topic": "t"},
        {"hours": float("nan"), "topic": "t"},
        {"credits": 7, "exercises": {}, "topic": "t"},
        {"track": ["a"], "event": ["a"]},
    ],
)
def test_an_event_with_data_of_another_form_adds_nothing_and_breaks_nothing(place, data):
    kinds = ("done", "reviewed", "spent", "placed", "followed", "graded", "started", "undo")
    text = "".join(line(number, "2026-01-01T00:00:00Z", kind, **data) for number, kind in enumerate(kinds))
    place.write("reports/journal.jsonl", "")
    (place.root / "reports/journal.jsonl").write_text(text)
    for words in (["status"], ["next"], ["plan"], ["place"], ["review"]):
        assert place.tracker(*words).returncode == 0, words
    assert place.tracker("lint").returncode == 2  # its graded event names no report


def test_on_a_read_only_disk_everything_shows_and_nothing_is_lost(place, needs):
    """A real read-only mount, in a mount namespace that goes with the command."""
    command = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && "$@"',
        str(place.root),
    ]
    probe = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    needs("" if shutil.which("unshare") and probe.returncode == 0 else f"mount namespaces: {probe.stderr}")

    def tracker(*words):
        whole = [*command, sys.executable, "-m", "tracker", *words]
        return subprocess.run(whole, env=place.env, capture_output=True, text=True, check=False, timeout=60)

    assert tracker("status").returncode == 0
    refused = tracker("done", "numbers#2")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Read-only file system" in refused.stderr
    assert "make the folder writable" in refused.stderr
    assert not (place.root / "reports").exists()


def test_two_branches_of_real_work_merge_without_a_conflict(empty, needs):
    """Ticks, hours, reviews, a followed track and an undo on two machines: git joins the journals, and all of it counts."""
    needs("" if shutil.which("git") else "git")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]

    def run(*words):
        subprocess.run([*git, *words], cwd=empty.root, check=True, capture_output=True)

    empty.tracker("init", ".")
    run("init")
    empty.tracker("done", "mathematical-thinking#2")
    run("add", "-A")
    run("commit", "-m", "start")
    run("checkout", "-b", "laptop")
    empty.tracker("done", "vectors-and-matrices#4")
    empty.tracker("log", "vectors-and-matrices", "1.5")
    empty.tracker("tracks", "quickstart", "--follow")
    run("commit", "-am", "laptop")
    run("checkout", "main")
    empty.tracker("undo")
    empty.tracker("done", "derivatives-chain-rule#1")
    empty.tracker("log", "vectors-and-matrices", "2")
    run("commit", "-am", "desktop")
    run("merge", "laptop", "-m", "both")
    events = journal.read(empty.root / "reports/journal.jsonl")
    assert (len(events.events), events.warnings) == (7, ())
    found = progress.of(events.events)
    assert len(found.ticked) == 2
    assert sum(event.data["hours"] for event in found.spent) == 3.5
    assert found.track == "quickstart"
    assert empty.tracker("lint").returncode == 0
