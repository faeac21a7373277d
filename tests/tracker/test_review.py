"""What was learnt comes due again, by a history made by hand; and the real `tracker review` at a real terminal."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from tracker import journal, progress, review, workspace
from tracker.journal import Event
from tracker.roadmap import Module, Question, Roadmap, Task, Topic

NOW = datetime.now(UTC)
WHY = Question("Why is 1 + 1 two?", "By counting.")
SUMS = Topic(
    "sums", "Sums", "m", "Beginner", 2.0, tasks=(Task("total", "implement", "Add", exercise="total"),), questions=(WHY,)
)
ROADMAP = Roadmap("R", (Module("m", "M", "", (), ("sums",)),), {"sums": SUMS})
CARD = review.question_card("sums", WHY)


def ago(days):
    return (NOW - timedelta(days=days)).isoformat()


def passed(days):
    return Event(
        "1" * 24, ago(days), "h", "graded", {"exercise": "total", "verdict": "passed", "marks": {"correct": True}}
    )


def rated(days, rating, card=CARD):
    return Event(os.urandom(12).hex(), ago(days), "h", "reviewed", {"card": card, "rating": rating})


def due(tmp_path, *events):
    here = workspace.Workspace(tmp_path, ())
    return [card.id for card in review.due_cards(here, ROADMAP, progress.of(events), ["sums"])]


def test_a_question_is_due_days_after_its_topic_was_proven(tmp_path):
    assert due(tmp_path, passed(1)) == []
    assert due(tmp_path, passed(5)) == [CARD]


def test_a_good_answer_puts_it_further_away_than_a_bad_one(tmp_path):
    assert due(tmp_path, passed(20), rated(3, 3)) == []
    assert due(tmp_path, passed(20), rated(3, 1)) == [CARD]


def test_an_exercise_is_to_be_written_again_a_month_after_its_pass_not_before(tmp_path):
    assert "exercise:total" not in due(tmp_path, passed(29))
    assert "exercise:total" in due(tmp_path, passed(31))
    assert "exercise:total" not in due(tmp_path, passed(60), rated(20, 3, "exercise:total"))


def test_what_is_longest_overdue_comes_first(tmp_path):
    assert due(tmp_path, passed(40)) == [CARD, "exercise:total"]


def test_a_topic_that_was_only_credited_has_no_questions_due(tmp_path):
    assert due(tmp_path) == []


def test_a_clock_that_went_back_and_a_time_that_is_none_break_nothing(tmp_path):
    assert due(tmp_path, passed(20), rated(30, 3), rated(3, 3)) == []
    odd = Event("2" * 24, "yesterday", "h", "reviewed", {"card": CARD, "rating": 3})
    assert due(tmp_path, passed(20), odd) == due(tmp_path, odd, passed(20))


def test_changed_punctuation_keeps_a_card_and_changed_words_make_a_new_one():
    assert review.question_card("sums", Question("why is 1+1 two", "")) == CARD
    assert review.question_card("sums", Question("Why is 1 + 2 two?", "")) != CARD


def test_the_due_times_come_from_the_cache_and_a_broken_one_is_rebuilt(tmp_path, monkeypatch):
    here = workspace.Workspace(tmp_path, ())
    cards = review.cards(ROADMAP, progress.of([passed(5)]), ["sums"])
    first = review.due_times(here, cards)
    with monkeypatch.context() as without:
        without.setattr(review, "_due", None)
        assert review.due_times(here, cards) == first
    kept = next((tmp_path / "cache").rglob("reviews-*.json"))
    kept.write_bytes(kept.read_bytes()[:-3])
    assert review.due_times(here, cards) == first


@pytest.fixture
def learnt(place):
    """A workspace where `sums` was proven forty days ago: two questions and an exercise are due."""
    module = place.root / "curriculum/basics/module.yaml"
    questions = "    questions:\n      - {question: Why is it two?, answer: By counting}\n      - {question: Is zero a number?, answer: It is}\n"
    module.write_text(module.read_text() + questions)
    place.grade("total")
    path = place.root / "reports/journal.jsonl"
    path.write_text(
        path.read_text().replace(
            f'"time": "{datetime.now(UTC):%Y-%m-%d}', f'"time": "{NOW - timedelta(days=40):%Y-%m-%d}'
        )
    )
    return place


def test_due_topics_show_in_status_and_next(learnt):
    found = {t["id"]: t["state"] for t in json.loads(learnt.tracker("status", "--json").stdout)["topics"]}
    assert found["sums"] == "due"
    assert "↻ due" in learnt.tracker("status").stdout
    assert learnt.tracker("next").stdout.splitlines()[:2] == ["↻ 1 topic is due for review: sums", "  tracker review"]
    assert json.loads(learnt.tracker("next", "--json").stdout)["due"] == ["sums"]


def test_in_a_pipe_review_lists_what_is_due_and_asks_nothing(learnt):
    assert learnt.tracker("review").stdout.splitlines() == [
        "2 questions due",
        "  sums",
        "  in a terminal: tracker review      as data: tracker review --json",
        "write total again from an empty file (sums)",
        "  tracker review --write total",
    ]


def test_a_card_can_be_rated_by_a_program(learnt):
    card = json.loads(learnt.tracker("review", "--json").stdout)["due"][0]
    assert (card["question"], card["answer"], card["reviews"]) == ("Why is it two?", "By counting", 0)
    assert learnt.tracker("review", "--rate", card["card"], "3").stdout.startswith(f"{card['card']}: due again in ")
    assert [c["question"] for c in json.loads(learnt.tracker("review", "--json").stdout)["due"] if "question" in c] == [
        "Is zero a number?"
    ]
    refused = learnt.tracker("review", "--rate", card["card"], "5")
    assert (refused.returncode, "a rating is 1 (again)" in refused.stderr) == (2, True)


def test_at_a_terminal_each_question_is_asked_answered_and_rated_by_a_key(learnt):
    shown = at_a_terminal(
        learnt, ["review"], [("press a key", " "), ("1 again", "3"), ("press a key", " "), ("1 again", "q")]
    )
    assert "Why is it two?" in shown
    assert "By counting" in shown
    assert "good, again in " in shown
    reviewed = [e for e in journal.read(learnt.root / "reports/journal.jsonl").events if e.kind == "reviewed"]
    assert [e.data["rating"] for e in reviewed] == [3]


def test_an_exercise_is_written_again_and_graded(learnt, monkeypatch):
    assert learnt.tracker("review", "--write", "total").stdout.startswith("wrote reports/review/total.py\n")
    assert (learnt.root / "reports/review/total.py").read_text().startswith("def total(xs):")
    assert learnt.tracker("review", "--write", "total").returncode == 2
    stand_in(learnt, "passed")
    assert learnt.tracker("review", "--grade", "total").stdout.startswith(
        "total: passed, from an empty file; kept as reports/review/total-"
    )
    last = journal.read(learnt.root / "reports/journal.jsonl").events[-1]
    assert (last.kind, last.data) == ("reviewed", {"card": "exercise:total", "rating": 3})
    assert "write total again" not in learnt.tracker("review").stdout


@pytest.mark.parametrize(("verdict", "noted"), [("failed", [1]), ("not written yet", []), ("crashed", [])])
def test_a_failure_is_noted_and_what_is_unwritten_is_not(learnt, verdict, noted):
    learnt.tracker("review", "--write", "total")
    stand_in(learnt, verdict)
    assert learnt.tracker("review", "--grade", "total").returncode == 1
    events = journal.read(learnt.root / "reports/journal.jsonl").events
    assert [e.data["rating"] for e in events if e.kind == "reviewed"] == noted


def stand_in(place, verdict):
    """A `harness` before the real one on the path: what the real one says is tested with the real exercises."""
    place.write("stand-in/harness/__init__.py", "")
    place.write("stand-in/harness/__main__.py", f"import json\nprint(json.dumps({{'verdict': {verdict!r}}}))\n")
    place.env["PYTHONPATH"] = f"{place.root / 'stand-in'}{os.pathsep}{place.env['PYTHONPATH']}"


def at_a_terminal(place, words, script):
    """What the command shows on a real pseudo-terminal; each key is pressed once the words before it are on screen."""
    main, other = pty.openpty()
    command = [sys.executable, "-m", "tracker", *words]
    process = subprocess.Popen(
        command, cwd=place.root, env={**place.env, "TERM": "xterm"}, stdin=other, stdout=other, stderr=other
    )
    os.close(other)
    shown = ""
    for wanted, key in script:
        shown += until(main, wanted)
        time.sleep(
            0.3
        )  # the command drops what was typed before it asked, as every program does that reads single keys
        os.write(main, key.encode())
    shown += until(main, None)
    process.wait(timeout=30)
    os.close(main)
    return re.sub("\x1b\\[[0-9;]*m", "", shown)


def until(terminal, wanted):
    """What is read until `wanted` is in it, or until the other end is closed."""
    shown, end = "", time.monotonic() + 30
    while (wanted is None or wanted not in shown) and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:
                break
    return shown
