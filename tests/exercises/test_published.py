"""Right answers pass, from outside: what scikit-learn, scipy and torch publish, called as a submission.

A file defines the parts that its library has, with every ban lifted; the others are those of the shipped solution. Where
the library has its own pure-Python code for a thing (torch's references and decompositions, scipy.stats, scikit-learn's
estimators) that is what is called. The first word of a file's name is the library.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness import answer, backends, calls, nets, policy
from harness.attempt import Attempt, Request
from harness.catalog import Shipped
from harness.session import session
from tracker import workspace
from tracker.report import Report

pytestmark = pytest.mark.xdist_group("published")  # in one process: the libraries are imported once

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = workspace.exercise_folders(workspace.find(ROOT))
PUBLISHED = sorted((ROOT / "tests" / "exercises" / "published").glob("*/*.py"))


SLOW = {  # to import, or imported by a first call: once for all answers
    "numpy": (
        "scipy.linalg",
        "scipy.stats",
        "sklearn.linear_model",
        "sklearn.cluster",
        "sklearn.neural_network",
        "torch._dynamo",
    ),
    "torch": ("torch._dynamo", "torch.utils.data"),
}


@pytest.fixture(scope="module")
def opened(confinement):
    """`opened(backend)`: one session for each backend, for all answers."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda backend: stack.enter_context(session(backend, imports=imports(backend))))


def imports(backend: str) -> tuple[str, ...]:
    here = (name for name in SLOW[backend] if importlib.util.find_spec(name.split(".")[0]))
    return (*backends.backend(backend, "cpu").imports, *here)


@pytest.fixture(autouse=True)
def no_bans(monkeypatch):
    monkeypatch.setattr(policy, "banned_uses", lambda *given: [])
    monkeypatch.setattr(nets, "traced", lambda *given: nets.Traced())


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_a_library_publishes_passes(path: Path, opened) -> None:
    pytest.importorskip(library(path), reason=f"{library(path)} is not installed")
    found = graded(path, opened)
    wrong = [f"{case.part}/{case.name} ({case.dtype}): {case.message}" for case in found.cases if not case.passed]
    assert (found.verdict.value, found.message, wrong) == ("passed", found.message, []), found.seed


def library(path: Path) -> str:
    return path.stem.split("_")[0]


def graded(path: Path, opened) -> Report:
    exercise = path.parent.name
    shipped = Shipped(exercise, FOLDERS[exercise])
    backend = "torch" if library(path) == "torch" and "torch" in shipped.exercise.policy.backends else "numpy"
    text = shipped.reference_for(backend).read_text("utf-8") + "\n\n" + path.read_text("utf-8")
    source, request = answer.from_text(exercise, text), Request(exercise, backend, quick=True)
    seed = calls.named_seed(path.name)  # how often a right answer fails by chance is measured elsewhere (harness lint)
    attempt = Attempt(shipped, source, opened(backend), request, seed, lambda what, share: None)
    attempt.grade()
    return attempt.report(False, datetime.now(UTC), 0.0)
