"""The curricula in examples/ work as their page says: they lint, open, and grade their own exercise."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


class Example:
    """A copy of an example, and the real programs run in it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.root = folder / name
        shutil.copytree(ROOT / "examples" / name, self.root)

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).parent / program, *words]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=120, check=False)

    def json(self, program: str, *words: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.run(program, *words, "--json").stdout)
        return found

    def states(self, *words: str) -> dict[str, str]:
        topics = json.loads(self.run("tracker", "status", *words, "--json").stdout)["topics"]
        return {topic["id"]: topic["state"] for topic in topics}


@pytest.fixture
def course(tmp_path: Path) -> Example:
    return Example("course", tmp_path)


@pytest.fixture
def own(tmp_path: Path) -> Example:
    return Example("own", tmp_path)


def test_a_course_hides_and_adds_and_keeps_the_rest(course: Example) -> None:
    lint = course.run("tracker", "lint")
    assert lint.returncode == 0, lint.stdout
    states = course.states()
    assert {"attention", "robust-regression"} <= states.keys()
    assert states.keys() & {"mdp", "ppo", "quantum-ml"} == set()
    assert course.states("--track", "four-weeks") == {
        "vectors-and-matrices": "open",
        "derivatives-chain-rule": "open",
        "linear-regression": "locked",
        "matrix-calculus": "locked",
        "gradient-descent": "locked",
        "robust-regression": "locked",
    }
    shown = course.run("tracker", "plan", "--schedule", "autumn", "--from", "2026-12-01").stdout
    assert "Week 4, 22 Dec 2026" in shown


@pytest.mark.usefixtures("confinement")
@pytest.mark.parametrize(("name", "exercise"), [("course", "huber"), ("own", "running_mean")])
def test_an_exercise_of_ones_own_lints_and_grades(tmp_path: Path, name: str, exercise: str) -> None:
    example = Example(name, tmp_path)
    lint = example.run("harness", "lint", exercise)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    assert example.run("tracker", "start", exercise).returncode == 0
    assert example.run("harness", "run", exercise, "--quick").returncode == 1
    solution = next(example.root.rglob(f"{exercise}/solutions/reference.py"))
    shutil.copy(solution, example.root / "impls" / exercise / f"{exercise}.py")
    assert example.json("harness", "run", exercise, "--quick")["verdict"] == "passed"


@pytest.mark.usefixtures("confinement")
def test_a_curriculum_of_ones_own_opens_by_graded_evidence(own: Example) -> None:
    assert own.run("tracker", "lint").returncode == 0
    assert own.states() == {"means": "open", "running-averages": "locked", "project-sensor": "locked"}
    own.run("tracker", "done", "means#1")
    assert "now open: running-averages" in own.run("tracker", "done", "means#2").stdout
    own.run("tracker", "start", "running_mean")
    solution = own.root / "curriculum/averages/running_mean/solutions/loop.py"
    shutil.copy(solution, own.root / "impls/running_mean/running_mean.py")
    assert own.run("harness", "run", "running_mean", "--quick").returncode == 0
    assert own.states()["project-sensor"] == "open"


def test_the_examples_page_shows_commands_that_exist() -> None:
    page = (ROOT / "examples" / "README.md").read_text("utf-8")
    for line in page.split("```console\n")[1].split("```")[0].splitlines():
        for command in line.removeprefix("$ ").split(" && "):
            program, name = command.split()[:2]
            if program in ("tracker", "harness"):
                done = subprocess.run(
                    [Path(sys.executable).parent / program, name, "--help"], capture_output=True, check=False
                )
                assert done.returncode == 0, command


@pytest.fixture
def demo() -> ModuleType:
    """examples/demo_portfolio.py, not run yet."""
    spec = importlib.util.spec_from_file_location("demo_portfolio", ROOT / "examples" / "demo_portfolio.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_demos_portfolio_is_of_ten_exercises_that_are_there(demo: ModuleType) -> None:
    assert len({exercise for exercise, _, _ in demo.ANSWERS}) == 10
    assert [file for _, _, file in demo.ANSWERS if not (ROOT / "curriculum" / file).is_file()] == []


@pytest.mark.usefixtures("confinement")
def test_the_demos_portfolio_is_graded_here_and_says_whose_work_it_is(
    demo: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "ANSWERS", [one for one in demo.ANSWERS if one[0] == "optimizer_comparison"])
    monkeypatch.setattr(demo, "FOLDER", tmp_path / "demo")
    monkeypatch.setattr(sys, "argv", ["demo_portfolio.py", "--budget", "1"])
    assert demo.main() == 0
    page = (tmp_path / "demo/index.html").read_text("utf-8")
    assert "own shipped solutions" in page
    assert "close to the shipped solution" in page
    (report,) = (tmp_path / "demo/optimizer_comparison").glob("*.html")
    assert f'href="optimizer_comparison/{report.name}"' in page
    assert (tmp_path / "demo/badges/overall.svg").is_file()
