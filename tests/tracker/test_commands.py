"""The real commands beyond status and next: path, place, tracks, plan, log, graph, import, export."""

import json
import shutil
import sqlite3
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from tracker import journal

TRACKS = """
tracks:
  - id: back-to-front
    title: Back to front
    kind: reading
    note: Against the needs.
    sections:
      - {id: end, title: The end, topics: [nets], hours: [4, 6]}
      - {id: start, title: The start, topics: [sums, numbers], choose: 1, outcome: You can add}
schedules:
  - id: two-weeks
    title: Two weeks
    track: back-to-front
    unit: week
    hours_per_week: [5, 10]
    slots:
      - {title: Week 1, start: 1, end: 1, sections: [end]}
      - {title: Week 2, start: 2, end: 2, topics: [sums]}
      - {title: After it, topics: [numbers], note: As time allows}
"""


@pytest.fixture
def tracked(place):
    roadmap = place.root / "roadmap.yaml"
    roadmap.write_text(roadmap.read_text() + TRACKS)
    return place


def events(place):
    return [(e.kind, e.data) for e in journal.read(place.root / "reports/journal.jsonl").events]


def test_path_shows_the_steps_the_hours_and_the_shortcut(place):
    assert place.tracker("path", "nets").stdout.splitlines() == [
        "The way to Nets: 3 topics, 11 h",
        "10 h of them are enough to prove each of them in turn",
        "",
        "  1. ○ numbers     4 h  Numbers",
        "  2. · sums        2 h  Sums",
        "  3. · nets        5 h  Nets",
        "",
        "You know some of it already? Passing total credits what comes before.",
        "  tracker place nets",
    ]


def test_path_to_what_is_proven_says_so(place):
    place.tracker("done", "numbers#2")
    place.tracker("done", "numbers#3")
    assert place.tracker("path", "numbers").stdout == "Numbers: proven already\n"


def test_place_suggests_and_credits_only_from_a_graded_report(place):
    suggested = json.loads(place.tracker("place", "nets", "--json").stdout)
    only = {"topic": "sums", "exercises": ["total"], "left": ["total"], "credits": ["numbers", "sums"]}
    assert suggested == {"goal": "nets", "place": [only], "earned": [], "uncredited": []}
    refused = place.tracker("place", "nets", "--credit")
    assert (refused.returncode, "no graded report credits anything" in refused.stderr) == (2, True)
    place.grade("total", correct=False)
    assert place.tracker("place", "nets", "--credit").returncode == 2
    place.grade("total")
    assert place.tracker("place", "nets", "--credit").stdout.splitlines()[0] == "credited by sums: numbers"
    assert events(place)[-1] == ("placed", {"topic": "sums", "exercises": ["total"], "credits": ["numbers"]})
    states = {t["id"]: t["state"] for t in json.loads(place.tracker("status", "--json").stdout)["topics"]}
    assert states == {"numbers": "proven", "sums": "proven", "nets": "open", "project-end": "locked"}


def test_a_report_that_was_edited_credits_nothing(place):
    place.grade("total").write_text('{"exercise": "total", "verdict": "passed"}')
    refused = place.tracker("place", "--credit")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "was changed after the grading" in refused.stderr


def test_a_placement_can_be_taken_back(place):
    place.grade("total")
    place.tracker("place", "--credit")
    assert place.tracker("undo", "sums").stdout.startswith("took back what sums credited\n")
    assert json.loads(place.tracker("show", "numbers", "--json").stdout)["state"] == "open"


def test_tracks_are_listed_with_their_schedules(tracked):
    found = json.loads(tracked.tracker("tracks", "--json").stdout)
    assert [(t["id"], t["kind"], t["hours"], t["followed"]) for t in found["tracks"]] == [
        ("back-to-front", "reading", 11.0, False)
    ]
    assert found["schedules"] == [{"id": "two-weeks", "title": "Two weeks", "track": "back-to-front", "unit": "week"}]
    assert "back-to-front" in tracked.tracker("tracks").stdout


def test_a_track_shows_what_its_source_says_beside_our_hours(tracked):
    assert tracked.tracker("tracks", "back-to-front").stdout.splitlines()[:7] == [
        "Back to front: 3 topics, 0 of 11 h",
        "Against the needs.",
        "",
        "The end (its source says 4 to 6 h, 5 h here)",
        "  ○ nets  Nets",
        "",
        "The start (6 h here; choose 1)",
    ]


def test_a_followed_track_leads_next_until_it_is_unfollowed(tracked):
    assert tracked.tracker("tracks", "back-to-front", "--follow").stdout.startswith("you follow back-to-front now")
    first = json.loads(tracked.tracker("next", "--json").stdout)["next"][0]
    assert (first["id"], first["reasons"][0]) == ("nets", "on your track 'Back to front'")
    tracked.tracker("tracks", "--unfollow")
    assert json.loads(tracked.tracker("next", "--json").stdout)["next"][0]["id"] == "numbers"


def test_a_tracks_status_locks_nothing_that_the_track_puts_later(tracked):
    found = json.loads(tracked.tracker("status", "--track", "back-to-front", "--json").stdout)
    assert {t["id"]: t["state"] for t in found["topics"]} == {"nets": "open", "sums": "open", "numbers": "open"}
    assert [m["id"] for m in found["modules"]] == ["end", "start"]


def test_plan_lays_topics_on_days_and_names_the_longest_chain(place):
    shown = place.tracker("plan", "--hours-per-week", "7", "--from", "2026-12-01").stdout.splitlines()
    assert shown[0] == "14 h at 7 h a week: 2 weeks, until 14 Dec 2026"
    assert shown[2] == "01 Dec – 04 Dec 2026       4 h  ○ Numbers"
    assert "longest chain of needs: 14 h, 2 weeks that no other order shortens" in shown
    assert "  numbers → sums → nets → project-end" in shown


def test_plan_to_a_goal_leaves_the_rest_out(place):
    found = json.loads(place.tracker("plan", "--to", "sums", "--from", "2026-12-01", "--json").stdout)
    assert [topic["topic"] for topic in found["topics"]] == ["numbers", "sums"]
    assert (found["hours"], found["forecast"]) == (6.0, None)


def test_plan_writes_a_calendar_that_a_new_plan_moves(place):
    icalendar = pytest.importorskip("icalendar")
    place.tracker("plan", "--from", "2026-12-01", "--ics", "plan.ics")
    first = icalendar.Calendar.from_ical((place.root / "plan.ics").read_bytes())
    place.tracker("plan", "--from", "2027-01-01", "--ics", "plan.ics")
    second = icalendar.Calendar.from_ical((place.root / "plan.ics").read_bytes())
    entries = [(str(e["uid"]), str(e["summary"]), e["dtstart"].dt.isoformat()) for e in first.walk("VEVENT")]
    assert entries[0] == ("numbers@scratchmark", "Numbers", "2026-12-01")
    assert [str(e["uid"]) for e in second.walk("VEVENT")] == [uid for uid, _, _ in entries]


def test_a_schedule_is_a_calendar_with_both_sums_and_warnings(tracked):
    shown = " ".join(tracked.tracker("plan", "--schedule", "two-weeks", "--from", "2020-01-06").stdout.split())
    assert "its source asks for 5 to 10 h a week, 10 to 20 h in all" in shown
    assert "the sections of its source add up to 4 to 6 h" in shown
    assert "Week 1, 06 Jan 2020 – 12 Jan 2020: 0 of 1 proven, 5 h, behind" in shown
    assert "nets (needs what comes later here: a warning, no lock)" in shown
    assert "After it: 0 of 1 proven, 4 h, no time given" in shown


def test_hours_are_logged_summed_and_taken_back(place):
    place.tracker("log", "numbers", "1.5", "--note", "slow")
    assert place.tracker("log", "numbers", "2").stdout.startswith(
        "2 h on numbers, 3.5 h in all; the roadmap allows 4 h"
    )
    assert events(place)[0] == ("spent", {"topic": "numbers", "hours": 1.5, "note": "slow"})
    assert place.tracker("undo").stdout.startswith("took back 2.0 h of numbers\n")


def test_dot_and_mermaid_need_nothing_and_name_every_topic_and_need(place):
    dot = place.tracker("graph", "--format", "dot").stdout
    assert '"numbers" -> "sums"' in dot
    assert '"nets" [label="· Nets"' in dot
    mermaid = place.tracker("graph", "--format", "mermaid").stdout
    assert "  t_numbers --> t_sums" in mermaid
    assert '    t_nets["· Nets"]:::locked' in mermaid


def test_words_cannot_break_out_of_a_label(place):
    path = place.root / "curriculum/deep/module.yaml"
    path.write_text(path.read_text().replace("title: Nets", "title: 'N\"]; <b>x</b> \\N #quot; end'"))
    assert 'label="· N\\"]; <b>x</b> \\\\N #quot; end"' in place.tracker("graph", "--format", "dot").stdout
    assert (
        '["· N#34;#93;; #60;b#62;x#60;/b#62; #92;N #35;quot; end"]'
        in place.tracker("graph", "--format", "mermaid").stdout
    )


def test_svg_and_png_are_drawn_by_graphviz(place, needs):
    pytest.importorskip("graphviz")
    needs("" if shutil.which("dot") else "the program `dot` of Debian's graphviz")
    place.tracker("graph", "--output", "map.svg")
    words = {text.text for text in ElementTree.parse(place.root / "map.svg").iter("{http://www.w3.org/2000/svg}text")}
    assert {"○ Numbers", "· Nets"} <= words
    place.tracker("graph", "-o", "map.png")
    assert (place.root / "map.png").read_bytes().startswith(b"\x89PNG")


def test_without_dot_the_message_names_what_to_install_and_what_needs_nothing(place):
    pytest.importorskip("graphviz")
    found = place.tracker("graph", "--format", "svg", PATH="")
    assert (found.returncode, found.stdout) == (2, "")
    assert "apt-get install graphviz" in found.stderr
    assert "--format html" in found.stderr
    assert not (place.root / "reports/roadmap.svg").exists()


def test_export_ticks_what_is_done_and_import_reads_it_back(place):
    place.tracker("done", "numbers#2")
    place.tracker("export", "--output", "list.md")
    text = (place.root / "list.md").read_text()
    assert "- [x] practice: Count (1 h)" in text
    assert "- [ ] implement: Add numbers up (exercise `total`)" in text
    assert place.tracker("import", "list.md", "--into", "back").stdout.startswith(
        "4 topics with 8 tasks, 1 of them ticked"
    )
    place.root = place.root / "back"
    assert place.tracker("lint").returncode == 0
    found = json.loads(place.tracker("status", "--json").stdout)
    assert (found["title"], [m["title"] for m in found["modules"]]) == ("Small", ["Basics", "Deep", "Projects"])
    assert {t["id"]: t["tasks_done"] for t in found["topics"]}["numbers"] == 1


def test_anki_cards_keep_their_ids_so_that_no_review_is_lost(place):
    pytest.importorskip("genanki")
    path = place.root / "curriculum/deep/module.yaml"
    path.write_text(path.read_text() + "    questions: [{question: Is 1 < 2?, answer: It is}]\n")
    assert place.tracker("export", "--anki", "-o", "deck.apkg").stdout == "wrote deck.apkg: 1 cards\n"
    with zipfile.ZipFile(place.root / "deck.apkg") as deck:
        (place.root / "cards.db").write_bytes(deck.read("collection.anki2"))
    found = sqlite3.connect(place.root / "cards.db").execute("select guid, flds, tags from notes").fetchall()
    assert found == [("question:nets:09f15be0", "Is 1 &lt; 2?\x1fIt is\x1fNets", " nets ")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["path", "nest"], "did you mean 'nets'?"),
        (["status", "--track", "quick"], "there is no track 'quick'"),
        (["plan", "--schedule", "never"], "there is no schedule 'never'"),
        (["plan", "--hours-per-week", "0"], "0 is not in the range"),
        (["plan", "--from", "tomorrow"], "does not match the format"),
        (["tracks", "--follow"], "say which track to follow"),
        (["log", "numbers", "-1"], "No such option"),
        (["import", "nothing.md"], "does not exist"),
        (["done", "net-build"], "planned and not written yet"),
    ],
)
def test_a_mistake_exits_2_and_changes_nothing(place, words, said):
    found = place.tracker(*words)
    assert (found.returncode, found.stdout) == (2, "")
    assert said in found.stderr
    assert not (place.root / "reports/journal.jsonl").exists()
