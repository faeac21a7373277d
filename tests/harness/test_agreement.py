"""Every field of a report that grading again can speak of: edited by hand, it is found out. No process is started."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import agreement, machine
from tracker import report
from tracker.report import Report, Verdict

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
HONEST = replace(SAMPLE, machine=machine.describe(), versions=machine.versions(agreement.PACKAGES))
PASSED = replace(
    HONEST, verdict=Verdict.PASSED, proven="It passes.", failure=None, similarity={"reference.py": 0.4},
    protections=("seccomp", "uid 51000"), mark_notes={"correct": "close to the shipped solution (reference.py: 93%)"},
    cases=tuple(replace(case, passed=True, message="") for case in HONEST.cases),
)  # fmt: skip


def disagreeing(edited: Report, honest: Report = PASSED) -> set[str]:
    return {line.what for line in agreement.values(edited, honest) if line.agrees is False}


def case(**changes: Any) -> dict[str, Any]:
    return {"cases": (replace(PASSED.cases[0], **changes), *PASSED.cases[1:])}


def part(**changes: Any) -> dict[str, Any]:
    name, first = next(iter(PASSED.parts.items()))
    return {"parts": PASSED.parts | {name: replace(first, **changes)}}


@pytest.mark.parametrize(
    ("edit", "found_out"),
    [
        ({}, set()),
        ({"verdict": Verdict.FAILED}, {"verdict"}),
        ({"demo": True}, {"demo"}),
        ({"demo_verdict": Verdict.CRASHED}, {"verdict", "our words"}),
        ({"message": "faster than torch"}, {"our words"}),
        ({"proven": "A machine wrote none of it."}, {"our words"}),
        ({"not_proven": ""}, {"our words"}),
        ({"mark_notes": {}}, {"our words"}),
        ({"similarity": {"reference.py": 0.1}}, {"likeness to solutions"}),
        ({"protections": ()}, {"protections"}),
        ({"protections": ("seccomp", "uid 51001")}, set()),
        (part(verdict=Verdict.TIMED_OUT), {"parts"}),
        (part(required=False), {"parts"}),
        (part(message="wonderful"), {"our words"}),
        ({"marks": PASSED.marks | {"correct": not PASSED.marks["correct"]}}, {"correct"}),
        ({"marks": PASSED.marks | {"robust": None}}, {"robust"}),
        ({"marks": PASSED.marks | {"gradient": not PASSED.marks["gradient"]}}, {"gradient"}),
        ({"cases": PASSED.cases[1:]}, {"checks", "inputs drawn", "errors, to the bit", "our words"}),
        ({"cases": (*PASSED.cases, PASSED.cases[0])}, {"checks", "inputs drawn", "errors, to the bit", "our words"}),
        (case(passed=False), {"checks", "our words"}),
        (case(mark="robust"), {"checks"}),
        (case(kind="example"), {"checks"}),
        (case(name="another"), {"checks", "inputs drawn", "errors, to the bit", "our words"}),
        (case(message="by far"), {"our words"}),
        (case(error=1e-30), {"errors, to the bit"}),
        (case(allowed=1e-30), {"errors, to the bit"}),
        (case(inputs_sha256="0" * 64), {"inputs drawn"}),
    ],
)  # fmt: skip
def test_what_was_edited_is_found_out(edit, found_out) -> None:
    assert disagreeing(replace(PASSED, **edit)) == found_out


def test_an_answers_own_words_are_told_and_accuse_nobody() -> None:
    """A message may hold an address, and what was printed a time."""
    other = replace(HONEST, printed="0x7f0000000000", message="it died while grading", verdict=Verdict.CRASHED)
    honest = replace(other, printed="0x7f1111111111", message="it died while loading")
    told = {line.what: line.agrees for line in agreement.values(other, honest)}
    assert told["words about failures, and printed ones"] is None
    assert False not in told.values()


def test_elsewhere_numbers_and_another_versions_words_accuse_nobody() -> None:
    there = replace(PASSED, machine=replace(PASSED.machine, cpu="another"), versions={}, harness_version="0.0.9")
    edited = replace(there, message="all passed", **case(error=1e-9))
    assert disagreeing(edited) == set()
    assert next(agreement.circumstances(edited)).what == "machine"


@pytest.mark.parametrize(("here", "agrees"), [((1.0, 1.1, 1.2), True), ((2.0, 2.1, 2.2), False), (None, False)])
def test_on_the_same_machine_intervals_overlap(here, agrees) -> None:
    old = replace(SAMPLE.timings[0], ratio_low=1.0, ratio=1.1, ratio_high=1.2)
    new = [replace(old, ratio_low=here[0], ratio=here[1], ratio_high=here[2])] if here else []
    found = agreement.timed(replace(HONEST, timings=(old,)), replace(HONEST, timings=tuple(new)))
    assert [line.agrees for line in found] == [agrees]
