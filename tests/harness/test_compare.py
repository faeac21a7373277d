"""Two answers beside each other: which is faster, what is too wrong to be timed, and what is asked of the user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import compare, export
from harness.reading import Reading
from harness.samples import Samples
from tracker import report

SPEC = """
import numpy as np
from harness.spec import Cost, Exercise, Timing, case


def grow(x):
    return np.exp(x)


def inputs(rng, n=3):
    return {"x": rng.standard_normal((n, n))}


def cost(itemsize, n):
    return Cost(flops=n * n, bytes_moved=2 * itemsize * n * n)


EXERCISE = Exercise(version=1, inputs=inputs, oracle=grow, cases=(case("short"),), timings=(Timing(case("big", n=150), cost, scaling="n"),))
"""
ONCE = "import numpy as np\n\n\ndef grow(x):\n    return np.exp(x)\n"
TWICE = ONCE.replace("    return", "    np.exp(x)\n    return")
WRONG = ONCE.replace("np.exp(x)", "np.exp(x) + 1")


@pytest.fixture
def grown(place):
    """A workspace with an exercise of its own, `grow`, and three answers to it."""
    place.write("curriculum/own/grow/spec.py", SPEC)
    place.write("curriculum/own/grow/exercise.py", ONCE.replace("return np.exp(x)", "raise NotImplementedError"))
    place.write("curriculum/own/grow/solutions/reference.py", ONCE)
    for name, text in (("once", ONCE), ("twice", TWICE), ("wrong", WRONG)):
        place.write(f"{name}.py", text)
    place.extra["XDG_CACHE_HOME"] = str(place.root / "cache")
    return place


def test_twice_the_work_is_slower_and_the_ratio_says_by_how_much(grown) -> None:
    found = grown.run("compare", "once.py", "twice.py", "--exercise", "grow", "--budget", "3", "--json")
    assert (found.code, found.json["verdict"], found.json["a"], found.json["b"]) == (0, "slower", "once.py", "twice.py")
    assert 1.4 < found.json["ratio_low"] <= found.json["ratio"] <= found.json["ratio_high"] < 2.6
    assert found.json["confidence"] == 0.95
    assert (
        grown.run("compare", "once.py", "twice.py", "--exercise", "grow", "--budget", "2", "--fail-if", "slower").code
        == 1
    )


def test_half_the_work_is_faster_in_words(grown) -> None:
    found = grown.run("compare", "twice.py", "once.py", "--exercise", "grow", "--budget", "3")
    assert found.code == 0
    assert found.stdout.startswith("once.py is faster than twice.py: 0.")


@pytest.mark.parametrize(("a", "b"), [("once.py", "wrong.py"), ("wrong.py", "once.py")])
def test_what_is_wrong_is_not_timed(grown, a, b) -> None:
    found = grown.run("compare", a, b, "--exercise", "grow", "--json")
    assert (found.code, found.json["verdict"], found.json["ratio"]) == (1, "cannot tell", None)
    assert found.json["message"] == "wrong.py is not right, so it is not timed: 1 of 2 checks failed"


def test_an_answer_is_compared_with_its_last_graded_version(grown) -> None:
    grown.write("impls/grow/grow.py", TWICE)
    assert grown.run("run", "grow", "--quick").code == 0
    untouched = grown.run("compare", "grow", "--json")
    assert (untouched.code, "no report of an earlier version of grow" in untouched.stderr) == (2, True)
    grown.write("impls/grow/grow.py", ONCE)
    found = grown.run("compare", "grow", "--budget", "3", "--json")
    assert (found.code, found.json["verdict"], found.json["b"]) == (0, "faster", "impls/grow")
    (saved,) = (grown.root / "reports" / "grow").glob("*.json")
    by_report = grown.run("compare", str(saved), "once.py", "--budget", "3", "--json")
    assert (by_report.code, by_report.json["verdict"], by_report.json["a"]) == (0, "faster", saved.name)


def test_a_baseline_is_kept_and_compared_with(grown) -> None:
    grown.write("impls/grow/grow.py", TWICE)
    missing = grown.run("compare", "grow", "--baseline")
    assert (missing.code, missing.stderr) == (2, "no baseline of grow is kept\nharness bench grow --save-baseline\n")
    kept = grown.run("bench", "grow", "--budget", "1", "--save-baseline", "--export", "out.json")
    assert (kept.code, "kept as reports/grow/baseline-numpy.json" in kept.stderr) == (0, True)
    grown.write("impls/grow/grow.py", ONCE)
    found = grown.run("compare", "grow", "--baseline", "--budget", "3", "--json")
    assert (found.json["verdict"], found.json["a"]) == ("faster", "baseline-numpy.json")
    assert not (grown.root / "reports" / "journal.jsonl").exists()
    names = [one["name"] for one in json.loads((grown.root / "out.json").read_text())["benchmarks"]]
    assert names == ["grow[big-answer]", "grow[big-yardstick]"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("once.py", "twice.py"), "say --exercise ID"),
        (("once.py", "gone.py", "--exercise", "grow"), "gone.py is not a file"),
        (("gone.json", "once.py"), "gone.json is not a file"),
        (("grow",), "tracker start grow"),
        (("grwo",), "did you mean 'grow'?"),
    ],
)
def test_what_cannot_be_compared_says_what_to_do(grown, arguments, said) -> None:
    found = grown.run("compare", *arguments)
    assert (found.code, said in found.stderr) == (2, True), found


def test_over_all_is_the_geometric_mean_of_the_timings_set_by_set() -> None:
    def samples(ratio: float) -> Samples:
        found = Samples()
        for _ in range(6):
            found.begin_set()
            cpu = {"answer": ratio * 1000, "other": 1000, "yardstick": 1000, "null": 0}
            found.add({name: Reading(round(ns), round(ns), 0, 0) for name, ns in cpu.items()}, 1)
        return found

    assert compare.over_all([samples(2.0), samples(0.5)]) == pytest.approx((1.0, 1.0, 1.0))
    assert compare.over_all([samples(2.0), samples(2.0)])[1] == pytest.approx(2.0)
    assert compare.zone_of([samples(1.0)]) == 0.05


def test_the_export_is_what_pytest_benchmark_reads_and_compares(tmp_path: Path) -> None:
    """By its own command on two files of ours."""
    import subprocess
    import sys
    from dataclasses import replace

    sample = report.load((Path(__file__).parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
    timing = replace(
        sample.timings[0], samples_ns=(2000, 2100, 2200, 9000), against_samples_ns=(1000, 1100, 1200, 1300)
    )
    for name in ("0001_old.json", "0002_new.json"):
        (tmp_path / name).write_text(json.dumps(export.pytest_benchmark(replace(sample, timings=(timing,)))))
    stats = json.loads((tmp_path / name).read_text())["benchmarks"][0]["stats"]
    assert (stats["min"], stats["median"], stats["rounds"]) == (2e-6, pytest.approx(2.15e-6), 4)
    command = [
        sys.executable,
        "-m",
        "pytest_benchmark",
        "--storage",
        str(tmp_path),
        "compare",
        "--columns=min,median",
        *sorted(map(str, tmp_path.glob("*.json"))),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert f"{timing.part}[{timing.case}-answer]" in done.stdout
