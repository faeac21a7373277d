"""`harness new`: five files, refused where they cannot be, and `harness lint` as the guide from there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

FILES = ["exercise.py", "test_implementation.py", "solutions/reference.py", "solutions/vectorized.py", "spec.py"]


def test_it_writes_five_files_into_the_workspaces_own_curriculum(place: Any) -> None:
    done = place.run("new", "neural-networks/relu")
    paths = [f"curriculum/neural-networks/relu/{name}" for name in FILES]
    assert (done.code, done.stdout.splitlines()[:5]) == (0, paths)
    assert [path for path in paths if not (place.root / path).is_file()] == []
    assert "harness lint relu" in done.stdout
    assert "curriculum/neural-networks/module.yaml" in done.stdout
    assert "exercise: relu}" in done.stdout.splitlines()[-1]


def test_its_json_holds_the_files_and_the_line_of_yaml(place: Any) -> None:
    found = place.run("new", "calculus/relu", "--json").json
    assert found["exercise"] == "relu"
    assert len(found["files"]) == 5
    assert found["task"] == "- {kind: implement, text: What is to be written, hours: 1, exercise: relu}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("relu", "a module and an id are wanted"),
        ("neural-networks/a/b", "a module and an id are wanted"),
        ("neural-networks/", "a module and an id are wanted"),
        ("neural-networks/Relu", "'Relu' cannot be an exercise's id"),
        ("neural-networks/2d", "'2d' cannot be an exercise's id"),
        ("neural-networks/re-lu", "'re-lu' cannot be an exercise's id"),
        ("neural-networks/..", "'..' cannot be an exercise's id"),
        ("neural-networks/demo", "'demo' cannot be an exercise's id"),
        ("neural-networks/softmax", "there is an exercise 'softmax' already"),
        ("linear-algebra/softmax", "there is an exercise 'softmax' already"),
        ("neural-network/relu", "did you mean 'neural-networks'?, or for one of your own"),
        ("../relu", "there is no module '..'"),
        ("cooking/soup", "put `- id: cooking` under `modules:` in roadmap.yaml"),
    ],
)
def test_what_cannot_be_an_exercise_is_refused_and_nothing_is_written(name: str, words: str, place: Any) -> None:
    before = place.files()
    done = place.run("new", name)
    assert (done.code, words in done.stderr, place.files()) == (2, True, before), done.stderr


def test_it_never_writes_over_anything(place: Any) -> None:
    path = place.write("curriculum/neural-networks/relu/exercise.py", "mine\n")
    done = place.run("new", "neural-networks/relu")
    assert done.code == 2
    assert "has files in it already" in done.stderr
    assert (path.read_text(), len(list(path.parent.iterdir()))) == ("mine\n", 1)
    place.run("new", "neural-networks/gelu")
    assert "there is an exercise 'gelu' already" in place.run("new", "neural-networks/gelu").stderr


def test_lint_lists_every_todo_in_the_order_of_the_work(place: Any) -> None:
    place.run("new", "neural-networks/relu")
    (found,) = json.loads(place.run("lint", "relu", "--json").stdout)
    files = [problem.split()[0] for problem in found["problems"]]
    assert list(dict.fromkeys(files)) == FILES
    assert "exercise.py line 1 is still to do: say here what holds for all parts: dtypes, shapes, what must stay untouched." in found["problems"]  # fmt: skip
    assert "spec.py line 61 is still to do: nearly the answer" in found["problems"] or len(files) > 10


def test_without_its_todos_the_skeleton_is_complete_and_its_mutants_are_caught(place: Any) -> None:
    place.run("new", "neural-networks/relu")
    _without_todos(place.root / "curriculum" / "neural-networks" / "relu")
    done = place.run("lint", "relu", "--mutants")
    assert (done.code, done.stdout.splitlines()[-1]) == (0, "relu: complete, 1 mistakes caught"), done.stdout
    assert place.run("run", "relu", "--demo", "--quick", "--no-save").code == 0


def _without_todos(folder: Path) -> None:
    for path in folder.rglob("*.py"):
        path.write_text(re.sub(r"\bTODO:? ?", "", path.read_text("utf-8")), "utf-8")
