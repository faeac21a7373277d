"""Boxes lie apart and in their modules, edges join what they should, and the same roadmap gives the same picture."""

import math
import random
import re
import time

import pytest

from tracker import layout
from tracker.roadmap import Module, Roadmap, Topic


def roadmap_of(modules):
    """`{"a": {"x": [], "y": ["x"]}}`: the module a with the topics x and y, y needing x."""
    topics = {
        name: Topic(name, name.title(), module, "Beginner", 1.0, tuple(needs))
        for module, inside in modules.items()
        for name, needs in inside.items()
    }
    listed = tuple(Module(module, module, "", (), tuple(inside)) for module, inside in modules.items())
    return Roadmap("Small", listed, topics)


def random_roadmap(topics, modules, seed=0):
    """Each topic needs up to three earlier ones, mostly of its own module and the one before."""
    rng = random.Random(seed)
    inside = {f"m{module}": {} for module in range(modules)}
    for number in range(topics):
        earlier = range(max(0, number - 3 * topics // modules), number)
        needs = rng.sample(earlier, min(len(earlier), rng.randrange(4)))
        inside[f"m{number * modules // topics}"][f"t{number}"] = [f"t{need}" for need in needs]
    return roadmap_of(inside)


def apart(a, b):
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


def holds(outer, inner):
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def points(path):
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    return (numbers[0], numbers[1]), (numbers[-2], numbers[-1])


CHAIN = {"basics": {"numbers": [], "sums": ["numbers"]}, "deep": {"nets": ["sums"], "more": ["nets", "numbers"]}}
ROADMAPS = {
    "chain": roadmap_of(CHAIN),
    "one topic": roadmap_of({"only": {"one": []}}),
    "nothing joined": roadmap_of({"a": {f"t{n}": [] for n in range(7)}}),
    "modules in a circle": roadmap_of({"a": {"x": [], "z": ["y"]}, "b": {"y": ["x"]}}),
    "random": random_roadmap(132, 18),
    "many modules": random_roadmap(120, 60),
}
every = pytest.mark.parametrize("roadmap", ROADMAPS.values(), ids=ROADMAPS)


@every
def test_every_topic_has_a_box_in_its_module_and_no_boxes_overlap(roadmap):
    made = layout.of(roadmap)
    assert list(made.topics) == list(roadmap.topics)
    for group in made.groups:
        assert all(holds(group.box, made.topics[name]) for name in group.topics)
        assert {roadmap.topics[name].module for name in group.topics} == {group.module}
    for boxes in (list(made.topics.values()), [group.box for group in made.groups]):
        assert all(apart(a, b) for number, a in enumerate(boxes) for b in boxes[:number])
    assert all(holds(layout.Box(0, 0, made.width, made.height), group.box) for group in made.groups)


@every
def test_every_need_is_one_edge_from_the_need_to_the_topic(roadmap):
    made = layout.of(roadmap)
    needs = sorted((need, topic.id) for topic in roadmap.topics.values() for need in topic.needs)
    assert sorted((edge.need, edge.topic) for edge in made.edges) == needs
    for edge in made.edges:
        start, end = points(edge.path)
        for place, box in ((start, made.topics[edge.need]), (end, made.topics[edge.topic])):
            grown = layout.Box(box.x - 3, box.y - 3, box.width + 6, box.height + 6)
            assert holds(grown, layout.Box(*place, 0, 0))


@every
def test_in_a_module_a_need_lies_in_a_row_above_what_needs_it(roadmap):
    made = layout.of(roadmap)
    for edge in made.edges:
        if edge.inside:
            assert made.topics[edge.need].y < made.topics[edge.topic].y


@every
def test_the_same_roadmap_gives_the_same_picture(roadmap):
    assert layout.of(roadmap) == layout.of(roadmap)


def test_modules_are_read_in_the_order_of_what_they_need_whatever_the_file_says():
    made = layout.of(roadmap_of({"late": {"c": ["b"]}, "middle": {"b": ["a"]}, "early": {"a": []}}))
    place = {group.module: (group.box.y, group.box.x) for group in made.groups}
    assert place["early"] < place["middle"] < place["late"]


def test_a_topic_of_two_sections_lies_in_the_first_and_a_section_left_empty_is_not_drawn():
    roadmap = roadmap_of({"a": {"x": []}})
    twice = Roadmap("Track", (*roadmap.modules, Module("again", "Again", "", (), ("x",))), roadmap.topics)
    assert [(group.module, group.topics) for group in layout.of(twice).groups] == [("a", ("x",))]


def test_no_topics_are_a_picture_of_nothing():
    made = layout.of(Roadmap("Empty", (), {}))
    assert (made.topics, made.groups, made.edges) == ({}, (), ())
    assert math.isfinite(made.width)


def test_edges_that_leave_one_side_start_apart_and_in_the_order_of_their_ends():
    made = layout.of(roadmap_of({"a": {"root": [], **{f"leaf{n}": ["root"] for n in range(3)}}}))
    ends = sorted((points(edge.path)[1][0], points(edge.path)[0][0]) for edge in made.edges)
    starts = [start for _, start in ends]
    assert starts == sorted(set(starts))


def test_no_large_roadmap_takes_time_out_of_proportion():
    """Generous: 1,000 topics take about 0.1 s, and what would be found here is a search that explodes."""
    started = time.process_time()
    layout.of(random_roadmap(1000, 30))
    layout.of(random_roadmap(1000, 200))
    assert time.process_time() - started < 20
