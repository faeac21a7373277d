"""Help that a learner may take, and the journal's note of it: hints, and solutions before and after a pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SOLUTIONS = next((Path(__file__).resolve().parents[2] / "curriculum").glob("*/softmax/solutions"))
REFERENCE = (SOLUTIONS / "reference.py").read_text("utf-8")


def kinds(place: Any) -> list[tuple[str, Any]]:
    """(kind, level) of every event in the journal."""
    path = place.root / "reports" / "journal.jsonl"
    events = map(json.loads, path.read_text("utf-8").splitlines()) if path.exists() else ()
    return [(event["kind"], event.get("level")) for event in events]


def test_a_hint_is_noted_with_its_level(place: Any) -> None:
    found = place.run("hint", "softmax", "--level", "2", "--json")
    assert (found.code, found.json["exercise"], found.json["level"]) == (0, "softmax", 2)
    assert kinds(place) == [("hint", 2)]


def test_a_solution_stays_closed_before_a_pass(place: Any) -> None:
    found = place.run("solution", "softmax")
    assert (found.code, found.stdout) == (2, "")
    assert "--spoil" in found.stderr
    assert kinds(place) == []


def test_one_that_is_shown_before_a_pass_is_noted(place: Any) -> None:
    found = place.run("solution", "softmax", "--spoil", "--json")
    assert (found.code, found.json["name"], found.json["solution"]) == (0, "reference.py", REFERENCE)
    assert kinds(place) == [("spoiled", None)]


def test_after_a_pass_every_solution_is_open_and_nothing_is_noted(place: Any) -> None:
    place.write("impls/softmax/softmax.py", REFERENCE)
    assert place.run("run", "softmax", "--quick").code == 0
    before = kinds(place)
    found = place.run("solution", "softmax", "--name", "vectorized.py")
    assert (found.code, found.stdout.startswith((SOLUTIONS / "vectorized.py").read_text("utf-8"))) == (0, True)
    assert kinds(place) == before


def test_a_name_that_no_solution_has_is_the_users_slip(place: Any) -> None:
    found = place.run("solution", "softmax", "--name", "vectorised.py", "--spoil")
    assert (found.code, "did you mean 'vectorized.py'?" in found.stderr) == (2, True)
    assert kinds(place) == []
