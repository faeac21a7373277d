"""A report is graded again from what it holds: an honest one holds, and whatever was edited by hand is found out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness import answer, verify
from tracker import report
from tracker.errors import UserError

SOFTMAX = next((Path(__file__).resolve().parents[2] / "curriculum").glob("*/softmax"))
REFERENCE = (SOFTMAX / "solutions" / "reference.py").read_text("utf-8")


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """The report of each answer that was graded here, as text."""
    return {}


@pytest.fixture
def graded(place, known):
    """`graded(text)`: the report of that answer, as data, and its file in reports/softmax/."""

    def run(text: str = REFERENCE):
        if text not in known:
            place.write("impls/softmax/softmax.py", text)
            place.run("run", "softmax", "--quick")
            (path,) = (place.root / "reports" / "softmax").glob("*.json")
            known[text] = path.read_text("utf-8")
            path.unlink()
        return json.loads(known[text]), place.write("reports/softmax/graded.json", known[text])

    return run


def verified(place, path, *arguments):
    return place.run("verify", str(path), "--yes", "--json", *arguments)


def disagreeing(found) -> set[str]:
    return {line["what"].partition(" ")[0] for line in found.json[0]["lines"] if line["agrees"] is False}


def test_an_honest_report_holds_to_the_bit_and_on_a_fresh_seed(place, graded) -> None:
    _, path = graded()
    found = verified(place, path)
    assert (found.code, found.json[0]["holds"], disagreeing(found)) == (0, True, set())
    told = {line["what"].partition(" ")[0]: line for line in found.json[0]["lines"]}
    assert told["errors,"]["agrees"] is True
    assert told["fresh"]["here"] == "passed"


def test_a_report_of_a_wrong_answer_holds_as_well(place, graded) -> None:
    _, path = graded(REFERENCE.replace("y * (dy - mean)", "y * dy"))
    found = verified(place, path)
    assert (found.code, found.json[0]["holds"]) == (0, True)


def edited_source(raw):
    raw["source"]["softmax.py"] = raw["source"]["softmax.py"].replace("np.exp(shifted)", "np.exp2(shifted)")


def edited_source_and_its_hash(raw):
    edited_source(raw)
    digest = hashlib.sha256()
    text = raw["source"]["softmax.py"].encode()
    digest.update(b"softmax/softmax.py\0" + hashlib.sha256(text).digest())
    raw["source_hash"] = digest.hexdigest()


def edited_verdict(raw):
    raw["verdict"] = "passed"


def edited_mark(raw):
    raw["marks"]["gradient"] = True


def edited_check(raw):
    for case in raw["cases"]:
        case["passed"] = True


def edited_number(raw):
    next(case for case in raw["cases"] if case["error"] is not None)["error"] *= 0.5


def edited_inputs(raw):
    raw["cases"][0]["inputs_sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("edit", "found_out"),
    [
        (edited_source, {"source"}),
        (edited_source_and_its_hash, {"checks"}),
        (edited_verdict, {"verdict"}),
        (edited_mark, {"gradient"}),
        (edited_check, {"checks"}),
        (edited_number, {"errors,"}),
        (edited_inputs, {"inputs"}),
    ],
)
def test_what_was_edited_by_hand_is_found_out(place, graded, edit, found_out) -> None:
    raw, _ = graded(REFERENCE.replace("y * (dy - mean)", "y * dy"))
    edit(raw)
    found = verified(place, place.write("edited.json", json.dumps(raw)))
    assert (found.code, found.json[0]["holds"]) == (1, False)
    assert found_out <= disagreeing(found), found.json


def test_outputs_for_one_seed_alone_do_not_hold_on_a_fresh_one(place, graded) -> None:
    """An answer that is right for the recorded inputs only: here, for those of the seed in its report."""
    raw, _ = graded()
    sly = REFERENCE.replace(
        "def softmax(x, axis=-1, temperature=1.0):",
        "SEEN = set()\n\n\ndef softmax(x, axis=-1, temperature=1.0):\n    if x.shape == (4, 7) and float(x.flat[0]) not in KNOWN:\n        return x",
    )
    firsts = "KNOWN = set()  # nothing is known: every fresh draw of 4 x 7 comes out wrong\n"
    raw["source"]["softmax.py"] = sly.replace("SEEN = set()\n", firsts)
    found = verified(place, place.write("sly.json", json.dumps(raw)))
    assert "fresh" in disagreeing(found)


def test_another_version_of_the_exercise_is_declined_with_the_reason(place, graded) -> None:
    raw, _ = graded()
    raw |= {"spec_hash": "0" * 64, "exercise_version": 99}
    found = verified(place, place.write("old.json", json.dumps(raw)))
    assert (found.code, found.json[0]["lines"]) == (2, [])
    assert (
        "it was graded by version 99 of the exercise (000000000000), and here is version" in found.json[0]["declined"]
    )


def test_where_the_exercise_itself_cannot_be_graded_the_report_is_declined_and_not_called_false(place) -> None:
    shutil.copytree(SOFTMAX, place.root / "curriculum" / "own" / "softmax")
    text = (SOFTMAX / "spec.py").read_text("utf-8").replace("import numpy", "import os\n\nimport numpy", 1)
    lacking = "    if 'LACKING' in os.environ:\n        raise ModuleNotFoundError('softmax reads digits: install them')\n    x = shift"
    place.write("curriculum/own/softmax/spec.py", text.replace("    x = shift", lacking, 1))
    place.write("impls/softmax/softmax.py", REFERENCE)
    place.run("run", "softmax", "--quick")
    found = replace(place, extra={"LACKING": "1"}).run("verify", "reports", "--yes", "--json")
    assert (found.code, found.json[0]["lines"]) == (2, [])
    assert "cannot be graded here: the inputs of" in found.json[0]["declined"]
    assert "softmax reads digits: install them" in found.json[0]["declined"]


def test_an_exercise_that_is_not_here_is_declined(place, graded) -> None:
    raw, _ = graded()
    raw |= {"exercise": "gone", "source": {"gone.py": ""}}
    found = verified(place, place.write("other.json", json.dumps(raw)))
    assert (found.code, found.json[0]["declined"]) == (2, "there is no exercise 'gone' here")


def test_what_is_declined_may_be_allowed_and_what_is_false_may_not(place, graded) -> None:
    raw, _ = graded()
    declined = place.write("declined.json", json.dumps(raw | {"device": "cuda"}))
    false = place.write("false.json", json.dumps(raw | {"marks": raw["marks"] | {"robust": False}}))
    answers = [place.run("verify", *paths, "--yes", "--allow-declined") for paths in [(declined,), (declined, false)]]
    assert [found.code for found in answers] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "reports/softmax"), "say --yes"),
        (("verify", "gone.json", "--yes"), "gone.json is no report and holds none"),
        (("verify", "impls/README.md", "--yes"), "impls/README.md: this report is no valid JSON"),
        (
            ("verify", "reports/softmax", "--yes", "--sandbox", "none"),
            "other people's code is not run without a sandbox",
        ),
    ],
)
def test_nothing_runs_before_it_is_asked_for_and_what_is_no_report_is_told(place, graded, arguments, said) -> None:
    graded()
    place.write("impls/README.md", "no report")
    found = place.run(*arguments)
    assert (found.code, said in found.stderr) == (2, True), found


def test_a_folder_of_reports_is_verified_one_by_one_in_words(place, graded) -> None:
    raw, _ = graded()
    raw["marks"]["robust"] = False
    place.write("reports/softmax/edited.json", json.dumps(raw))
    found = place.run("verify", "reports/softmax", "--yes")
    assert found.code == 1
    assert found.stdout.count("everything agrees") == found.stdout.count("this report does not hold") == 1
    assert "✗ robust" in found.stdout
    assert found.stdout.endswith("\n1 of 2 reports hold\n")


def test_a_bad_file_in_a_folder_is_told_and_stops_no_other(place, graded) -> None:
    graded()
    place.write("reports/softmax/broken.json", '{"schema": 1}')
    place.write("reports/softmax/0-list.json", "[]")
    place.write("reports/softmax/baseline-numpy.json", "{}")  # of `harness bench`: claims nothing
    os.mkfifo(place.root / "reports" / "softmax" / "0-pipe.json")
    found = place.run("verify", "reports", "--yes")
    assert (found.code, found.stdout.count("everything agrees")) == (2, 1), found
    assert found.stdout.endswith("\n1 of 3 reports hold, 2 could not be read\n")
    assert "reports/softmax/broken.json: this report does not fit its schema" in found.stderr
    assert "reports/softmax/0-list.json: this is no report" in found.stderr


@pytest.mark.parametrize(
    "name", ["../../../../escaped.py", "{tmp}/escaped.py", "a/escaped.py", "escaped\n.py", "escaped.pth"]
)
def test_a_report_that_would_write_elsewhere_is_refused_before_anything_is_written(
    place, graded, tmp_path, name
) -> None:
    raw, _ = graded()
    raw["source"][name.format(tmp=tmp_path)] = "escaped = True\n"
    found = verified(place, place.write("hostile.json", json.dumps(raw)))
    assert (found.code, "has a file called" in found.stderr) == (2, True), found
    assert list(tmp_path.rglob("escaped*")) == []


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"source": {}}, "holds no softmax.py"),
        ({"used": {"../x.py": ""}}, "a file called '../x.py'"),
        ({"used": {"softmax/more.py": ""}}, "a file called 'softmax/more.py'"),
        ({"source": {"softmax.py": "", "big.py": "#" * 9_000_000}}, "larger than any answer"),
    ],
)
def test_a_source_that_is_no_answers_is_refused(edit, said) -> None:
    sample = report.load((SOFTMAX.parents[2] / "tests" / "data" / "report-schema-1.json").read_text("utf-8"))
    with pytest.raises(UserError, match=re.escape(said)):
        answer.from_report(replace(sample, exercise="softmax", **({"source": {"softmax.py": ""}} | edit)))


HOSTILE = {
    "huge": b'{"a": "' + b"x" * 25_000_000 + b'"}',
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "twice": b'{"schema": 1, "schema": 1}',
    "not utf-8": b'{"schema": 1, "exercise": "\xff"}',
    "half a letter": b'{"schema": 1, "exercise": "\\ud800"}',
    "no number": b'{"schema": 1, "seconds": NaN}',
    "infinite": b'{"schema": 1, "seconds": 1e999}',
    "a long number": b'{"schema": 1, "seconds": ' + b"9" * 5000 + b"}",
    "many faults": b'{"schema": 1, ' + b", ".join(b'"k%d": 1' % n for n in range(10_000)) + b"}",
    "empty": b"",
    "newer": b'{"schema": 99}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_report_is_told_in_a_few_words(tmp_path, content) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as told:
        verify.read(path)
    assert len(str(told.value)) < 5_000


def test_the_journal_beside_a_report_knows_an_edit_that_no_grading_can_find(place) -> None:
    """When it was graded, how long that took, on which machine: only the hash in the journal speaks of those."""
    place.write("impls/softmax/softmax.py", REFERENCE)
    place.run("run", "softmax", "--quick")
    (path,) = (place.root / "reports" / "softmax").glob("*.json")
    assert verified(place, path).code == 0
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"started": "2025-01-01T00:00:00Z"}), "utf-8")
    found = verified(place, path)
    assert (found.code, disagreeing(found)) == (1, {"file,"})


def test_a_spec_of_the_workspaces_own_is_named_before_it_runs(place, graded) -> None:
    shutil.copytree(SOFTMAX, place.root / "curriculum" / "own" / "softmax")
    graded()
    found = place.run("verify", "reports/softmax")
    assert (found.code, "not confined, this workspace's own spec.py of softmax" in found.stderr) == (2, True)


def test_a_report_keeps_what_its_answer_used_of_other_exercises() -> None:
    """Or neither its hash nor its grade could be had again."""
    sample = report.load((SOFTMAX.parents[2] / "tests" / "data" / "report-schema-1.json").read_text("utf-8"))
    source = answer.from_text("attention", "from impls.softmax import softmax\n").using(
        [answer.from_text("softmax", REFERENCE)]
    )
    kept = replace(sample, source=source.texts, source_hash=source.hash, used=source.used_texts)
    assert answer.from_report(report.load(report.dump(kept))) == source
