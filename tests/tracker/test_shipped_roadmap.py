"""The roadmap that is shipped: it holds together, and its exercises stand where their needs are."""

import pytest

from tracker import compiler, graph, workspace

SHIPPED = compiler.compile_roadmap(workspace.find(workspace.packaged_content()))
AVAILABLE = {name: topic for name, (topic, task) in SHIPPED.exercises().items() if not task.planned}


def test_the_first_exercises_have_their_topics():
    assert {name: topic.id for name, topic in AVAILABLE.items()} == {
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


@pytest.mark.parametrize(
    ("exercise", "before"), [("attention", "softmax"), ("sampling", "softmax"), ("mlp_digits", "softmax")]
)
def test_what_an_exercise_builds_on_lies_within_its_topics_needs(exercise, before):
    assert before in graph.earnable(SHIPPED, exercise)


@pytest.mark.parametrize("exercise", AVAILABLE)
def test_a_topic_with_an_exercise_has_a_lesson_and_three_questions(exercise):
    topic = AVAILABLE[exercise]
    assert topic.lesson == f"curriculum/{topic.module}/{topic.id}.md"
    assert 3 <= len(topic.questions) <= 5


def test_a_newcomer_has_somewhere_to_begin():
    from tracker.progress import Progress

    standings = graph.standings(SHIPPED, Progress())
    assert [name for name, now in standings.items() if now.state is graph.State.OPEN] == [
        "vectors-and-matrices",
        "derivatives-chain-rule",
    ]
