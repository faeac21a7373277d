"""The way to a topic, and the exercises that spare it: from a roadmap made by hand."""

import itertools

from tracker import graph, progress, route
from tracker.roadmap import Module, Roadmap, Task, Topic
from tracker.route import Placement, Step


def topic(id, needs=(), exercises=(), ticks=("think",), hours=4.0):
    tasks = [Task(name, "implement", name, 1.0, exercise=name) for name in exercises]
    tasks += [Task(name, "study", name, 1.0) for name in ticks]
    return Topic(id, id, "m", "Beginner", hours, tuple(needs), tasks=tuple(tasks))


def map_of(*topics, passed=(), ticked=()):
    roadmap = Roadmap("R", (Module("m", "M", "", (), tuple(t.id for t in topics)),), {t.id: t for t in topics})
    times = dict.fromkeys(passed, "2026-01-01T00:00:00Z")
    now = progress.Progress(passed_at=times, ticked=dict.fromkeys(ticked))
    return graph.Map(roadmap, now, graph.standings(roadmap, now))


CHAIN = (topic("a"), topic("b", ["a"], ["eb"]), topic("c", ["b"], ["ec"]), topic("d", ["c"]), topic("x", [], ["ex"]))


def test_the_way_is_every_unproven_need_in_order_with_its_hours():
    way = route.route(map_of(*CHAIN, ticked=["a/think"]), "c")
    assert way.steps == (Step("b", 4.0, 2.0), Step("c", 4.0, 2.0))
    assert (way.hours, way.hours_to_prove) == (8.0, 4.0)


def test_the_way_to_what_is_proven_has_no_step():
    assert route.route(map_of(*CHAIN, passed=["eb"]), "b").steps == ()


def test_hours_that_are_done_are_not_on_the_way():
    way = route.route(map_of(*CHAIN, ticked=["b/think", "a/think"]), "b")
    assert way.steps == (Step("b", 2.0, 2.0),)


def test_the_exercise_nearest_to_the_goal_credits_all_before_it():
    assert route.placements(map_of(*CHAIN), "d") == [Placement("c", ("ec",), ("ec",), ("a", "b", "c"))]


def test_without_a_goal_the_whole_roadmap_counts():
    assert [one.topic for one in route.placements(map_of(*CHAIN))] == ["c", "x"]


def test_what_no_exercise_credits_is_named():
    map = map_of(*CHAIN)
    assert route.uncredited(map, None, route.placements(map)) == ["d"]


def test_a_pass_earns_what_its_topic_needs():
    assert route.creditable(map_of(*CHAIN, passed=["ec"]), None) == [Placement("c", ("ec",), (), ("a", "b"))]
    assert route.creditable(map_of(*CHAIN), None) == []


def test_a_topic_with_two_exercises_credits_only_when_both_are_passed():
    both = topic("c", ["a"], ["one", "two"])
    assert route.creditable(map_of(topic("a"), both, passed=["one"]), None) == []
    assert route.placements(map_of(topic("a"), both, passed=["one"]), None)[0].left == ("two",)
    assert route.creditable(map_of(topic("a"), both, passed=["one", "two"]), None)[0].credits == ("a",)


def test_no_smaller_set_of_exercises_credits_as_much():
    """Every set of topics, by force, on a graph where chains cross."""
    topics = (topic("a", [], ["ea"]), topic("b", ["a"], ["eb"]), topic("c", ["a"], ["ec"]), topic("d", ["b", "c"]))
    topics += (topic("e", ["c"], ["ee"]), topic("f", ["d", "e"]))
    map = map_of(*topics)
    chosen = route.placements(map, "f")
    credited = {name for one in chosen for name in one.credits}
    gradable = [name for name, one in map.roadmap.topics.items() if route.available(one)]
    for size in range(len(chosen)):
        for fewer in itertools.combinations(gradable, size):
            assert not credited <= {name for one in fewer for name in route.placement(map, one).credits}
