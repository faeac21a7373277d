"""What comes next and why, from a roadmap and events made by hand."""

from tracker import advice, graph, progress
from tracker.advice import Suggestion
from tracker.roadmap import Module, Roadmap, Section, Task, Topic, Track


def topic(id, needs=(), after=(), hours=(1.0,)):
    tasks = tuple(Task(f"t{n}", "study", "Think", spent) for n, spent in enumerate(hours))
    return Topic(id, id, "m", "Beginner", sum(hours), tuple(needs), tuple(after), tasks=tasks)


def map_of(*topics, done=()):
    roadmap = Roadmap("R", (Module("m", "M", "", (), tuple(t.id for t in topics)),), {t.id: t for t in topics})
    ticks = dict.fromkeys(done)
    now = progress.Progress(ticked=ticks)
    return graph.Map(roadmap, now, graph.standings(roadmap, now))


def test_what_opens_most_comes_first():
    map = map_of(topic("x"), topic("a"), topic("b", ["a"]), topic("d", ["a"]))
    assert advice.suggestions(map) == [
        Suggestion("a", "a/t0", ("opens b, d",)),
        Suggestion("x", "x/t0", ()),
    ]


def test_what_is_begun_comes_before_what_is_open():
    map = map_of(topic("a"), topic("b", ["a"]), topic("x", hours=(1, 1)), done=["x/t0"])
    assert [one.topic for one in advice.suggestions(map)] == ["x", "a"]
    assert advice.suggestions(map)[0] == Suggestion("x", "x/t1", ("1 of 2 tasks done",))


def test_a_recommended_topic_that_is_still_to_come_is_named_and_ranks_lower():
    map = map_of(topic("late", after=["early"]), topic("early"))
    assert advice.suggestions(map) == [
        Suggestion("early", "early/t0", ()),
        Suggestion("late", "late/t0", ("easier after early",)),
    ]


def test_the_hours_at_hand_choose_the_task_and_the_order():
    map = map_of(topic("a", hours=(5, 5)), topic("b", ["a"]), topic("x", hours=(4, 1)))
    assert advice.suggestions(map, hours=2) == [
        Suggestion("x", "x/t1", ("its next task fits into 2 h",)),
        Suggestion("a", "a/t0", ("opens b", "its next task takes 5 h, more than 2 h")),
    ]


def test_the_followed_track_comes_first_and_unlocks_what_it_assumes():
    map = map_of(topic("a"), topic("b", ["a"]), topic("c", ["b"]))
    track = Track("t", "My way", "reading", (Section("t", "My way", ("b", "c")),))
    assert advice.suggestions(map, track=track) == [
        Suggestion("b", "b/t0", ("on your track 'My way'", "opens c")),
        Suggestion("a", "a/t0", ("opens b",)),
    ]
    assert [one.topic for one in advice.suggestions(map)] == ["a"]


def test_many_names_become_a_few_and_a_count():
    map = map_of(topic("a"), *(topic(f"b{n}", ["a"]) for n in range(9)))
    assert advice.suggestions(map)[0].reasons == ("opens b0, b1, b2, b3 and 5 more",)


def test_a_finished_roadmap_suggests_nothing():
    assert advice.suggestions(map_of(topic("a"), done=["a/t0"])) == []
