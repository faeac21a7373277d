"""A report of every released schema is read, a damaged one is refused with every fault."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tracker import report
from tracker.errors import UserError

SAMPLES = Path(__file__).resolve().parents[1] / "data"


def sample():
    return (SAMPLES / "report-schema-1.json").read_text("utf-8")


def damaged(**changes):
    return json.dumps({**json.loads(sample()), **changes})


@pytest.mark.parametrize("schema", range(1, report.SCHEMA + 1))
def test_a_sample_of_every_released_schema_is_read(schema):
    found = report.load((SAMPLES / f"report-schema-{schema}.json").read_text("utf-8"))
    assert (found.schema, found.exercise, found.verdict) == (report.SCHEMA, "attention", report.Verdict.FAILED)


def test_what_is_dumped_is_loaded_again():
    found = report.load(sample())
    assert report.load(report.dump(found)) == found
    assert report.dump(found) == sample()


def test_an_error_that_is_no_number_becomes_null():
    found = report.load(sample())
    cases = tuple(replace(case, error=float("nan")) for case in found.cases)
    assert [case.error for case in report.load(report.dump(replace(found, cases=cases))).cases] == [None] * 3


def test_every_fault_is_told_at_once():
    case = {**json.loads(sample())["cases"][0], "passed": "yes"}
    with pytest.raises(UserError) as caught:
        report.load(damaged(cases=[case], extra=1, verdict="fine"))
    told = caught.value.message
    assert all(place in told for place in ("cases.0.passed:", "extra:", "verdict:"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no valid JSON"),
        ("[" * 100_000, "no valid JSON"),
        ("[]", "no report"),
        ("{}", "schema None"),
        (damaged(schema=0), "schema 0"),
        (damaged(schema=99), "a newer Scratchmark wrote it"),
        (damaged(schema=True), "schema True"),
        (sample().replace('"seconds": 11.9', '"seconds": NaN'), "NaN is no JSON"),
        (sample().replace('"threads": 1', '"threads": 1, "threads": 2'), "a key is given twice"),
        (damaged(exercise="x; rm -rf ~"), "not of the form"),
        (damaged(seed="$(id)"), "not of the form"),
    ],
)
def test_what_is_no_report_is_refused(text, said):
    with pytest.raises(UserError) as caught:
        report.load(text)
    assert said in str(caught.value)


def test_making_a_report_loads_no_pydantic(place):
    import subprocess
    import sys

    script = "import sys, tracker.report, tracker.page; print('pydantic' in sys.modules)"
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, env=place.env, capture_output=True, text=True, check=True).stdout == "False\n"
