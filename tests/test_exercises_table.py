"""docs/exercises.md: its rows hold numbers taken under the present specs, and nothing was edited by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness import kills, table
from harness.catalog import Shipped
from harness.lint import Findings
from tracker import workspace

PAGE = Path(__file__).resolve().parents[1] / "docs" / "exercises.md"
PLACE = workspace.find(PAGE.parent)
SHIPPED = [Shipped(name, folder) for name, folder in sorted(workspace.exercise_folders(PLACE).items())]
KNOWN = table.read(PAGE)
SOFTMAX = next(shipped for shipped in SHIPPED if shipped.id == "softmax")
STAMP = table.stamp(SOFTMAX)


def test_every_row_was_measured_since_its_spec_changed() -> None:
    """An exercise without a row has not been measured yet; a row of another spec would be a number that nobody measured."""
    by_id = {shipped.id: shipped for shipped in SHIPPED}
    old = [name for name, measured in KNOWN.items() if not table.is_current(measured, by_id[name])]
    assert old == [], "harness lint --thorough --table docs/exercises.md"


def test_of_every_exercises_mutants_95_percent_are_caught() -> None:
    for name, measured in KNOWN.items():
        caught, total = map(int, measured.mutants.split("/"))
        assert caught >= kills.ENOUGH * total, name


@pytest.mark.parametrize("name", KNOWN)
def test_no_right_answer_fails(name: str) -> None:
    assert (KNOWN[name].failures or "0/").startswith("0/")


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text("utf-8") == table.page(SHIPPED, KNOWN)


def found(*rows: tuple[str, int, int]) -> Findings:
    return Findings("softmax", rows=list(rows))


def test_a_page_keeps_its_numbers_when_it_is_read_and_written_again(tmp_path: Path) -> None:
    known = {"softmax": table.Measured("35/36", "0/2000", STAMP)}
    table.write(tmp_path / "page.md", known, SHIPPED)
    text = (tmp_path / "page.md").read_text("utf-8")
    assert f"| 35/36 | 97.2% | 1 | 0 of 2,000 | 3 | numpy, torch, cupy, triton | `{STAMP}` |" in text
    assert table.read(tmp_path / "page.md") == known
    assert table.page(SHIPPED, table.read(tmp_path / "page.md")) == text
    assert re.findall(r"^\| `(\w+)`", text, re.MULTILINE) == ["softmax"]


def test_numbers_come_from_what_lint_found() -> None:
    rows = (("reference (numpy) passes", 1000, 0), ("other (numpy) passes", 1000, 2), ("mutants caught", 40, 3))
    assert table.learn({}, SOFTMAX, found(*rows)) == {"softmax": table.Measured("37/40", "2/2000", STAMP)}
    assert table.learn({}, SOFTMAX, found(*rows[:2])) == {}


def test_failures_of_a_thorough_run_are_kept_while_the_spec_is_the_same() -> None:
    quick = found(("reference (numpy) passes", 1, 0), ("mutants caught", 40, 0))
    before = table.Measured("39/40", "0/1000", STAMP)
    assert table.learn({"softmax": before}, SOFTMAX, quick)["softmax"] == replace(before, mutants="40/40")
    old = replace(before, stamp="0" * 12)
    assert table.learn({"softmax": old}, SOFTMAX, quick)["softmax"] == table.Measured("40/40", "", STAMP)


def test_right_answers_on_many_seeds_go_into_a_row_that_is_current() -> None:
    seeds = found(("reference (numpy) passes", 1000, 0), ("other (numpy) passes", 1000, 1))
    before = table.Measured("39/40", "", STAMP)
    assert table.learn({"softmax": before}, SOFTMAX, seeds)["softmax"] == replace(before, failures="1/2000")
    old = {"softmax": replace(before, stamp="0" * 12)}
    assert table.learn(old, SOFTMAX, seeds) == old


def test_without_numbers_of_a_thorough_run_there_is_a_dash(tmp_path: Path) -> None:
    known = {"softmax": table.Measured("36/36", "", STAMP)}
    table.write(tmp_path / "page.md", known, SHIPPED)
    assert "| 100.0% | 1 | – | 3 |" in (tmp_path / "page.md").read_text("utf-8")
    assert table.read(tmp_path / "page.md") == known
