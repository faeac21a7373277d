"""What is locked, open, proven and done, from a roadmap and events made by hand."""

from tracker import graph, progress
from tracker.graph import State
from tracker.journal import Event
from tracker.roadmap import Module, Roadmap, Section, Task, Topic, Track


def topic(id, needs=(), after=(), tasks=("learn",)):
    """Tasks by name; a name in capitals is an exercise, one that ends in ? is optional, in ! planned."""
    made = []
    for name in tasks:
        bare = name.rstrip("?!")
        exercise = bare.lower() if bare.isupper() else None
        made.append(Task(bare.lower(), "study", bare, optional="?" in name, exercise=exercise, planned="!" in name))
    return Topic(id, id.title(), "m", "Beginner", 2.0, tuple(needs), tuple(after), tasks=tuple(made))


def roadmap(*topics):
    return Roadmap("R", (Module("m", "M", "", (), tuple(t.id for t in topics)),), {t.id: t for t in topics})


ROADMAP = roadmap(
    topic("a"),
    topic("b", needs=["a"], tasks=["B", "think", "read?"]),
    topic("c", needs=["b"]),
    topic("d", needs=["a"], after=["c"]),
)


def event(number, kind, **data):
    return Event(f"{number:024x}", f"2026-11-20T00:00:{number:02}.000000Z", "abcdef", kind, data)


def tick(number, task):
    return event(number, "done", task=task)


def graded(number, exercise, correct=True, verdict="passed", **marks):
    marks = {"correct": correct, "robust": None} | marks
    return event(number, "graded", exercise=exercise, backend="numpy", verdict=verdict, marks=marks)


def states(*events, of=ROADMAP):
    return {name: str(now.state) for name, now in graph.standings(of, progress.of(events)).items()}


def map_of(*events):
    done = progress.of(events)
    return graph.Map(ROADMAP, done, graph.standings(ROADMAP, done))


def test_what_needs_nothing_is_open_and_the_rest_is_locked():
    assert states() == {"a": "open", "b": "locked", "c": "locked", "d": "locked"}


def test_a_topic_without_an_exercise_is_proven_by_its_ticks_and_opens_what_needs_it():
    assert states(tick(1, "a/learn")) == {"a": "done", "b": "open", "c": "locked", "d": "open"}


def test_a_pass_proves_a_topic_and_its_ticks_complete_it():
    passed = [tick(1, "a/learn"), graded(2, "b")]
    assert states(*passed)["b"] == "proven"
    assert states(*passed)["c"] == "open"
    assert states(*passed, tick(3, "b/think"))["b"] == "done"


def test_ticks_do_not_prove_what_an_exercise_grades():
    now = states(tick(1, "a/learn"), tick(2, "b/think"), tick(3, "b/b"))
    assert (now["b"], now["c"]) == ("in progress", "locked")


def test_correct_but_not_robust_counts_and_wrong_does_not():
    assert states(graded(1, "b", verdict="failed", robust=False))["b"] == "proven"
    assert states(graded(1, "b", correct=False, verdict="failed"))["b"] == "in progress"
    assert states(graded(1, "b", verdict="needs review"))["b"] == "in progress"


def test_a_pass_is_never_taken_back():
    assert states(graded(1, "b"), graded(2, "b", correct=False, verdict="crashed"))["b"] == "proven"


def test_an_exercise_passed_ahead_of_its_needs_counts():
    assert states(graded(1, "b")) == {"a": "open", "b": "proven", "c": "open", "d": "locked"}


def test_a_planned_exercise_counts_in_nothing():
    only_planned = roadmap(topic("a", tasks=["X!", "learn"]))
    assert states(tick(1, "a/learn"), of=only_planned) == {"a": "done"}


def test_an_undone_tick_is_gone_whatever_the_order():
    taken_back = [event(2, "undo", event=tick(1, "a/learn").id), tick(1, "a/learn")]
    assert states(*taken_back)["a"] == "open"
    assert states(*taken_back, tick(3, "a/learn"))["a"] == "done"


def test_undo_cannot_touch_a_grade():
    assert states(graded(1, "b"), event(2, "undo", event=graded(1, "b").id))["b"] == "proven"


def test_events_that_nobody_knows_change_nothing():
    odd = [
        event(1, "wings", task=["x"]),
        event(2, "graded", exercise=7),
        event(3, "done", task=None),
        event(4, "graded"),
    ]
    assert states(*odd) == states()


def test_marks_add_up_over_runs_and_backends():
    found = progress.of([graded(1, "b"), graded(2, "b", robust=True), graded(3, "b", correct=False, verdict="crashed")])
    assert found.earned == {"b": {"numpy": frozenset({"correct", "robust"})}}


def test_newly_opened_is_what_was_locked_and_no_longer_waits():
    assert graph.newly_opened(map_of(), map_of(tick(1, "a/learn"))) == ["b", "d"]
    assert graph.newly_opened(map_of(tick(1, "a/learn")), map_of(tick(1, "a/learn"))) == []


def test_ancestors_are_everything_underneath_in_order():
    assert graph.ancestors(ROADMAP, ["c"]) == ["a", "b"]


def test_what_a_topics_needs_could_have_earned():
    deeper = roadmap(topic("a", tasks=["A"]), topic("b", ["a"], tasks=["B", "P!"]), topic("c", ["b"], tasks=["C"]))
    assert graph.earnable(deeper, "c") == {"a", "b"}
    assert graph.earnable(deeper, "elsewhere") == frozenset()


def test_a_placement_credits_what_it_names_as_long_as_its_exercises_are_passed():
    placed = event(2, "placed", topic="b", exercises=["b"], credits=["a"])
    assert states(placed)["a"] == "open"
    assert states(graded(1, "b"), placed) == {"a": "proven", "b": "proven", "c": "open", "d": "open"}
    assert states(graded(1, "b"), placed, event(3, "undo", event=placed.id))["a"] == "open"


def test_a_placement_that_names_no_exercise_credits_nothing():
    assert states(event(1, "placed", topic="b", exercises=[], credits=["a"]))["a"] == "open"
    assert states(event(1, "placed", topic="b", exercises=[7], credits=["a"]))["a"] == "open"


def test_due_counts_as_done_and_only_what_is_proven_comes_due():
    now = graph.standings(ROADMAP, progress.of([tick(1, "a/learn")]))
    later = graph.with_reviews(now, ["a", "c"])
    assert {name: str(one.state) for name, one in later.items()} == {
        "a": "due",
        "b": "open",
        "c": "locked",
        "d": "open",
    }
    assert graph.proven(later) == ["a"]


def test_a_track_cuts_needs_outside_and_those_that_it_puts_later():
    order = Track("t", "T", "reading", (Section("one", "One", ("c", "b")), Section("two", "Two", ("d", "c"))))
    cut = graph.cut(ROADMAP, order)
    assert {name: (one.needs, one.after) for name, one in cut.topics.items()} == {
        "c": ((), ("b",)),
        "b": ((), ()),
        "d": ((), ("c",)),
    }
    assert cut.modules == (Module("one", "One", "", (), ("c", "b")), Module("two", "Two", "", (), ("d", "c")))


def test_an_order_puts_needs_first_and_keeps_the_roadmaps_else():
    assert graph.in_order(roadmap(topic("x", ["z"]), topic("y"), topic("z")), ["x", "y", "z"]) == ["z", "x", "y"]


def test_standings_of_a_long_chain_need_no_deep_recursion():
    chain = roadmap(topic("t0"), *(topic(f"t{n}", needs=[f"t{n - 1}"]) for n in range(1, 5000)))
    assert graph.standings(chain, progress.Progress())["t4999"].state is State.LOCKED
    assert len(graph.ancestors(chain, ["t4999"])) == 4999
