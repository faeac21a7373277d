"""Right answers pass: other people's in every style, and no shipped solution makes a call that it must do without."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness import answer, calls, nets, policy
from harness.attempt import Attempt, Request
from harness.catalog import Shipped
from harness.session import session
from tracker import compiler, graph, workspace

ROOT = Path(__file__).resolve().parents[2]
PLACE = workspace.find(ROOT)
FOLDERS = workspace.exercise_folders(PLACE)
ROADMAP = compiler.compile_roadmap(PLACE)
OTHERS = sorted((ROOT / "tests" / "exercises" / "answers").glob("*/*.py"))
SOLUTIONS = [path for folder in FOLDERS.values() for path in sorted((folder / "solutions").glob("*.py"))]


def named(path: Path) -> str:
    return "/".join(path.parts[-2:]) if path.parent.name != "solutions" else f"{path.parents[1].name}/{path.name}"


@pytest.fixture(scope="module")
def opened(confinement):
    """`opened(backend)`: one session for each backend, for all answers."""
    import contextlib

    with contextlib.ExitStack() as stack:
        known = {}

        def find(backend):
            if backend not in known:
                known[backend] = stack.enter_context(session(backend))
            return known[backend]

        yield find


@pytest.mark.parametrize("path", OTHERS, ids=named)
def test_other_peoples_right_answers_pass(path: Path, opened) -> None:
    exercise = path.parent.name
    backend = "torch" if path.name.startswith("torch_") else "numpy"
    if backend == "torch":
        pytest.importorskip("torch")
    shipped, source = Shipped(exercise, FOLDERS[exercise]), answer.from_text(exercise, path.read_text("utf-8"))
    used = (
        answer.from_text(name, Shipped(name, FOLDERS[name]).reference.read_text("utf-8"))
        for name in shipped.exercise.policy.uses
    )
    request = Request(exercise, backend, quick=True, earned=frozenset(graph.earnable(ROADMAP, exercise)))
    seed = calls.named_seed(path.name)  # how often a right answer fails by chance is measured elsewhere (harness lint)
    attempt = Attempt(shipped, source.using(used), opened(backend), request, seed, lambda what, share: None)
    attempt.grade()
    found = attempt.report(False, datetime.now(UTC), 0.0)
    wrong = [f"{case.part}/{case.name} ({case.dtype}): {case.message}" for case in found.cases if not case.passed]
    assert (found.verdict.value, found.message, wrong) == ("passed", found.message, []), attempt.seed


@pytest.mark.parametrize("path", SOLUTIONS, ids=named)
def test_no_shipped_solution_makes_a_call_that_its_needs_cannot_have_earned(path: Path, opened) -> None:
    """By the syntax tree and by a traced run, with what the topic's needs could have earned and no more."""
    exercise = path.parents[1].name
    shipped = Shipped(exercise, FOLDERS[exercise])
    earned = graph.earnable(ROADMAP, exercise)
    source = answer.from_text(exercise, path.read_text("utf-8"))
    assert policy.banned_uses(shipped.exercise.policy, source.texts, earned) == []
    backends = [b for b in shipped.solution_backends(path) if b in ("numpy", "torch")]
    for backend in backends[:1]:
        if backend == "torch":
            pytest.importorskip("torch")
        assert nets.traced(shipped, source, opened(backend), earned, 1) == nets.Traced()


def test_what_an_exercise_builds_on_lies_within_its_topics_needs() -> None:
    """An answer may import the learner's own earlier exercises: these must be able to exist by then."""
    graded = ROADMAP.exercises()
    for exercise, folder in FOLDERS.items():
        uses = set(Shipped(exercise, folder).exercise.policy.uses)
        topic = graded[exercise][0].id if exercise in graded else None
        if topic is not None:
            assert uses <= graph.earnable(ROADMAP, exercise) | {n for n, (t, _) in graded.items() if t.id == topic}, (
                exercise
            )
