"""The journal loses nothing: not to a crash, not to a crowd, not to git."""

import json
import random
import signal
import subprocess
import sys

import pytest

from tracker import journal
from tracker.errors import UserError

WRITER = """
import sys
from pathlib import Path
from tracker import journal
for number in range(int(sys.argv[2])):
    event = journal.append(Path(sys.argv[1]), "done", task=f"{sys.argv[3]}/{number}", note="x" * 3000)
    print(event.id, flush=True)
"""


def writer(place, path, count, name):
    command = [sys.executable, "-c", WRITER, str(path), str(count), name]
    return subprocess.Popen(command, env=place.env, stdout=subprocess.PIPE, text=True)


def test_what_is_appended_is_read_again(tmp_path):
    path = tmp_path / "reports" / "journal.jsonl"
    events = tuple(journal.append(path, "done", task=name, evidence="ü\n") for name in ("a/b", "c/d"))
    assert journal.read(path) == journal.Journal(events, ())


def test_an_event_is_one_line_of_json_with_sorted_keys(tmp_path):
    path = tmp_path / "journal.jsonl"
    event = journal.append(path, "done", task="a/b")
    flat = {"host": event.host, "id": event.id, "kind": "done", "task": "a/b", "time": event.time}
    assert path.read_text() == json.dumps(flat) + "\n"
    assert len(bytes.fromhex(event.id)) == 12


def test_no_journal_is_an_empty_one(tmp_path):
    assert journal.read(tmp_path / "journal.jsonl") == journal.Journal((), ())


def test_a_last_line_cut_anywhere_costs_only_itself(tmp_path):
    path = tmp_path / "journal.jsonl"
    first = journal.append(path, "done", task="a/b")
    kept = path.read_bytes()
    journal.append(path, "done", task="c/d")
    whole = path.read_bytes()
    for end in range(len(kept) + 1, len(whole) - 1):
        path.write_bytes(whole[:end])
        found = journal.read(path)
        assert (found.events, len(found.warnings)) == ((first,), 1)
        last = journal.append(path, "done", task="e/f")
        assert journal.read(path).events == (first, last)


def test_a_line_that_lacks_only_its_end_counts(tmp_path):
    path = tmp_path / "journal.jsonl"
    first = journal.append(path, "done", task="a/b")
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert journal.read(path) == journal.Journal((first,), ())
    second = journal.append(path, "done", task="c/d")
    assert journal.read(path) == journal.Journal((first, second), ())


def test_a_writer_killed_at_random_moments_loses_nothing_that_it_had_finished(place):
    path, moments = place.root / "reports" / "journal.jsonl", random.Random(20261120)
    finished = []
    for round in range(20):
        process = writer(place, path, 10_000, f"round-{round}")
        finished += [process.stdout.readline().strip() for _ in range(moments.randrange(1, 30))]
        process.send_signal(signal.SIGKILL)
        process.wait()
        finished += [line.strip() for line in process.stdout if line.endswith("\n")]
        process.stdout.close()
    last = journal.append(path, "done", task="after/all")
    found = journal.read(path)
    ids = [event.id for event in found.events]
    assert set(finished) <= set(ids)
    assert ids[-1] == last.id
    assert len(ids) <= len(finished) + 20 + 1  # at most one a round was written but not yet announced
    assert len(found.warnings) <= 20


def test_eight_writers_at_once_lose_nothing(place):
    path = place.root / "reports" / "journal.jsonl"
    processes = [writer(place, path, 25, f"writer-{number}") for number in range(8)]
    ids = {line.strip() for process in processes for line in process.communicate()[0].splitlines()}
    found = journal.read(path)
    assert ({event.id for event in found.events}, len(ids), found.warnings) == (ids, 200, ())


def test_a_full_disk_leaves_the_journal_as_it_was_and_says_so(place):
    path = place.root / "journal.jsonl"
    journal.append(path, "done", task="a/b")
    before = path.read_bytes()
    script = """
import resource, signal, sys
from pathlib import Path
from tracker import errors, journal
path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50,) * 2)
try:
    journal.append(path, "done", task="c/d")
except errors.UserError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(path)]
    said = subprocess.run(command, env=place.env, capture_output=True, text=True, check=True).stdout
    assert "the event 'done' was not recorded" in said
    assert "free some space" in said
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_the_users_to_put_right(tmp_path):
    (tmp_path / "reports").write_text("a file where the folder should be")
    with pytest.raises(UserError, match="cannot write to the journal"):
        journal.append(tmp_path / "reports" / "journal.jsonl", "done", task="a/b")


def test_order_is_by_time_then_id_and_a_line_twice_counts_once(tmp_path):
    def line(id, time):
        return json.dumps({"id": id, "time": time, "host": "abcdef", "kind": "done", "task": id}) + "\n"

    path = tmp_path / "journal.jsonl"
    path.write_text(line("c", "2026-02") + line("b", "2026-01") + line("a", "2026-02") + line("b", "2026-01"))
    assert [event.id for event in journal.read(path).events] == ["b", "a", "c"]


def test_marks_of_a_merge_conflict_cost_nothing_but_a_warning_each(tmp_path):
    path = tmp_path / "journal.jsonl"
    events = [journal.append(path, "done", task=name) for name in ("a/b", "c/d")]
    one, two = path.read_text().splitlines()
    path.write_text(f"<<<<<<< HEAD\n{one}\n=======\n{two}\n>>>>>>> laptop\n")
    found = journal.read(path)
    assert found.events == tuple(events)
    assert [warning.split(":")[0] for warning in found.warnings] == [f"journal.jsonl line {n}" for n in (1, 3, 5)]


def test_an_event_of_an_unknown_kind_is_kept(tmp_path):
    path = tmp_path / "journal.jsonl"
    event = journal.append(path, "from-the-future", wings=2)
    assert journal.read(path) == journal.Journal((event,), ())


@pytest.mark.parametrize(
    "line", ["[]", "7", "null", '{"id": 1, "time": "t", "host": "h", "kind": "k"}', "\x00\x00", "[" * 100_000]
)
def test_a_line_that_is_no_event_is_skipped_with_a_warning(tmp_path, line):
    path = tmp_path / "journal.jsonl"
    path.write_text(line + "\n")
    event = journal.append(path, "done", task="a/b")
    found = journal.read(path)
    assert (found.events, len(found.warnings)) == ((event,), 1)


def test_git_merges_the_work_of_two_machines(empty):
    def git(*words):
        command = ["git", "-c", "user.name=n", "-c", "user.email=e@e", *words]
        subprocess.run(command, cwd=empty.root, check=True, capture_output=True, env=empty.env)

    path = empty.root / "reports" / "journal.jsonl"
    empty.write(".gitattributes", "reports/journal.jsonl merge=union\n")
    first = journal.append(path, "done", task="a/b")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "laptop")
    laptop = [journal.append(path, "done", task=f"laptop/{n}") for n in range(3)]
    git("commit", "-qam", "laptop")
    git("checkout", "-q", "main")
    desk = [journal.append(path, "done", task=f"desk/{n}") for n in range(3)]
    git("commit", "-qam", "desk")
    git("merge", "-q", "laptop", "-m", "merge")
    assert journal.read(path) == journal.Journal((first, *laptop, *desk), ())
