"""The roadmap that is shipped: it holds together, covers its five sources, and its exercises stand where their needs are."""

import re
from pathlib import Path

import pytest
import yaml

from tracker import compiler, graph, workspace
from tracker.progress import Progress

ROOT = workspace.packaged_content()
SHIPPED = compiler.compile_roadmap(workspace.find(ROOT))
AVAILABLE = {name: topic for name, (topic, task) in SHIPPED.exercises().items() if not task.planned}
ITEMS = Path(__file__).resolve().parents[1] / "data" / "seed-items.txt"
LEVELS = ("Beginner", "Intermediate", "Advanced")


def covers(node):
    """Every id of every `covers` list below a node."""
    if isinstance(node, dict):
        return [i for key, value in node.items() for i in (value if key == "covers" else covers(value))]
    return [i for value in node for i in covers(value)] if isinstance(node, list) else []


def covered():
    files = [ROOT / "roadmap.yaml", *sorted(ROOT.glob("curriculum/*/module.yaml"))]
    return [i for file in files for i in covers(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader))]


def test_every_item_of_the_five_sources_is_covered_and_nothing_else():
    wanted = {line for line in ITEMS.read_text("utf-8").splitlines() if not line.startswith("#")}
    assert len(wanted) == 599
    assert wanted ^ set(covered()) == set()


def test_the_graph_has_all_modules_topics_and_projects():
    projects = [topic for topic in SHIPPED.topics.values() if topic.module == "projects"]
    assert (len(SHIPPED.modules), len(SHIPPED.topics), len(projects)) == (18, 132, 18)
    assert len(SHIPPED.exercises()) == 165


def test_the_first_exercises_have_their_topics():
    first = {
        "svd": "svd",
        "adam": "adaptive-optimizers",
        "kmeans": "learning-frameworks",
        "softmax": "activation-functions",
        "layer_norm": "normalization",
        "attention": "attention",
        "bpe": "tokenization",
        "sampling": "decoding",
        "mlp_digits": "project-mlp-digits",
    }
    found = {name: topic.id for name, topic in AVAILABLE.items()}
    assert found | first == found
    assert len(found) == 51


@pytest.mark.parametrize(
    ("exercise", "before"), [("attention", "softmax"), ("sampling", "softmax"), ("mlp_digits", "softmax")]
)
def test_what_an_exercise_builds_on_lies_within_its_topics_needs(exercise, before):
    assert before in graph.earnable(SHIPPED, exercise)


@pytest.mark.parametrize("exercise", AVAILABLE)
def test_a_topic_with_an_exercise_has_a_lesson(exercise):
    topic = AVAILABLE[exercise]
    assert topic.lesson == f"curriculum/{topic.module}/{topic.id}.md"


@pytest.mark.parametrize("topic", SHIPPED.topics.values(), ids=lambda topic: topic.id)
def test_a_topic_asks_three_to_five_questions_with_answers(topic):
    assert 3 <= len(topic.questions) <= 5
    assert min(len(question.answer) for question in topic.questions) >= 40


@pytest.mark.parametrize("topic", SHIPPED.topics.values(), ids=lambda topic: topic.id)
def test_no_topic_needs_one_of_a_higher_level(topic):
    higher = [need for need in topic.needs if LEVELS.index(SHIPPED.topics[need].level) > LEVELS.index(topic.level)]
    assert higher == []


def test_no_need_is_said_that_another_need_implies():
    """The graph is the smallest that says the same: a need of a need is not said again."""
    said_twice = [
        (topic.id, need)
        for topic in SHIPPED.topics.values()
        for need in topic.needs
        if need in graph.ancestors(SHIPPED, [one for one in topic.needs if one != need])
    ]
    assert said_twice == []


@pytest.mark.parametrize("topic", SHIPPED.topics.values(), ids=lambda topic: topic.id)
def test_a_papers_three_passes_and_its_checklist_are_tasks(topic):
    for paper in topic.papers:
        steps = [task.id.removeprefix(f"{paper.id}-") for task in topic.tasks if task.paper == paper.id]
        assert steps[:3] == ["pass-1", "pass-2", "pass-3"]
        assert steps[3:] == ["explain", "draw", "strengths", "when", "innovation", "pseudocode", "reproduce"]


@pytest.mark.parametrize("project", ["project-dl-framework", "project-classic-papers"])
def test_a_large_project_lists_its_ten_deliverables(project):
    assert len([task for task in SHIPPED.topics[project].tasks if not task.optional]) == 10


def test_the_tracks_and_schedules_of_the_sources_are_there():
    kinds = {kind: [t.id for t in SHIPPED.tracks if t.kind == kind] for kind in ("curriculum", "level")}
    assert len(kinds["curriculum"]) == 5
    assert kinds["level"] == ["beginner", "intermediate", "advanced"]
    named = {track.id for track in SHIPPED.tracks}
    assert {"quickstart", "foundations-first", "practitioner", "historical"} <= named
    assert {"papers-beginner", "papers-intermediate", "papers-advanced"} <= named
    assert [(s.id, s.unit, max(slot.end or 0 for slot in s.slots)) for s in SHIPPED.schedules] == [
        ("four-years-by-quarters", "quarter", 16),
        ("sixteen-weeks-parallel", "week", 16),
        ("researcher-22-weeks", "week", 22),
    ]


def test_every_link_is_of_the_web_and_none_is_relative():
    text = (ROOT / "roadmap.yaml").read_text("utf-8") + "".join(
        p.read_text("utf-8") for p in ROOT.glob("curriculum/*/module.yaml")
    )
    links = re.findall(r"url: '?\"?([^\s'\"]+)", text)
    assert len(links) > 150
    assert [link for link in links if not link.startswith(("https://", "http://"))] == []


def test_a_newcomer_has_somewhere_to_begin():
    standings = graph.standings(SHIPPED, Progress())
    assert [name for name, now in standings.items() if now.state is graph.State.OPEN] == [
        "mathematical-thinking",
        "vectors-and-matrices",
        "derivatives-chain-rule",
        "paper-reading",
    ]
