"""A workspace with one small exercise, answers to it, and the command that grades a folder of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.cohort.results import Result

SPEC = """
from harness.spec import Exercise, Limits, Mistake, Part, case


def inputs(rng, n=3):
    return {"x": rng.standard_normal(n) + 3}


EXERCISE = Exercise(
    version=1,
    parts=(
        Part("half", inputs, (case("short"), case("long", n=50, mark="robust")), oracle=lambda x: x / 2),
        Part("third", inputs, (case("short"),), oracle=lambda x: x / 3, required=False),
    ),
    limits=Limits(load_s=30.0, call_s=30.0),
    mistakes=(Mistake("it doubles", "x / 2", "x * 2", caught_by="half/short"),),
)
"""
RIGHT = "def half(x):\n    return x / 2\n\n\ndef third(x):\n    return x / 3\n"
WRONG = RIGHT.replace("x / 2", "x * 2")
HANGS = "def half(x):\n    while True:\n        pass\n\n\ndef third(x):\n    return x / 3\n"


@dataclass(frozen=True)
class Cohort:
    """`harness cohort` on the folder `in`, its outcome in `out`."""

    place: Any

    def hand_in(self, name: str, text: str = RIGHT) -> Path:
        path: Path = self.place.write(f"in/{name}", text)
        return path

    def grade(self, *words: str, code: int = 0) -> Any:
        ended = self.place.run("cohort", "in", "--exercise", "half", "--out", "out", "--sandbox", "process", *words)
        assert ended.code == code, ended.stderr + ended.stdout
        return ended

    def read(self, name: str) -> str:
        return (self.place.root / "out" / name).read_text("utf-8")

    def rows(self, name: str = "grades.csv") -> dict[str, dict[str, str]]:
        """The rows of a table by their first column."""
        found = list(csv.DictReader(self.read(name).splitlines()))
        return {next(iter(row.values())): row for row in found}

    @property
    def grades(self) -> dict[str, dict[str, Any]]:
        return {row["learner"]: row for row in json.loads(self.read("grades.json"))}

    @property
    def pages(self) -> dict[str, str]:
        return {p.name.rpartition("-")[0]: p.read_text("utf-8") for p in (self.place.root / "out/feedback").iterdir()}


@pytest.fixture
def cohort(place: Any) -> Cohort:
    place.write("curriculum/own/half/spec.py", SPEC)
    place.write("curriculum/own/half/solutions/reference.py", RIGHT)
    return Cohort(place)


@pytest.fixture
def result() -> Callable[..., Result]:
    """`result('ada', verdict=...)`: one as it comes from the database."""

    def make(learner: str = "ada", **values: Any) -> Result:
        given = {
            "submission": learner, "learner": learner, "exercise": "half", "handed_in": "2026-11-30T12:00:00Z",
            "source_hash": "00", "verdict": "passed", "message": "all checks passed",
            "marks": {"correct": True, "robust": True, "gradient": None, "efficient": None, "expert": None}, "seconds": 0.5,
        }  # fmt: skip
        return Result(**{**given, **values})

    return make
