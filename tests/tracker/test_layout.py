"""Where the page draws things: every topic once, in its module's box, nothing over anything else, always the same."""

import itertools

from tracker import compiler, layout, workspace

SHIPPED = compiler.compile_roadmap(workspace.find(workspace.packaged_content()))
FOUND = layout.of(SHIPPED)


def overlap(a, b):
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def test_every_topic_has_a_box_and_every_need_an_edge():
    assert FOUND.topics.keys() == SHIPPED.topics.keys()
    assert {(edge.need, edge.topic) for edge in FOUND.edges} == {
        (need, topic.id) for topic in SHIPPED.topics.values() for need in topic.needs
    }


def test_topics_lie_in_their_modules_and_cover_nothing():
    for group in FOUND.groups:
        for name in group.topics:
            box = FOUND.topics[name]
            assert group.box.x <= box.x
            assert box.x + box.width <= group.box.x + group.box.width
            assert group.box.y <= box.y
            assert box.y + box.height <= group.box.y + group.box.height
    assert not any(overlap(a, b) for a, b in itertools.combinations(FOUND.topics.values(), 2))
    assert not any(overlap(a.box, b.box) for a, b in itertools.combinations(FOUND.groups, 2))


def test_the_same_roadmap_gives_the_same_picture():
    assert layout.of(SHIPPED) == FOUND
