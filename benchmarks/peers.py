"""The same answers to softmax graded by `harness cohort`, otter-grader and nbgrader, one after the other on one machine:
`python benchmarks/peers.py --peers V/bin/python`, where V is an environment with otter-grader, nbgrader and ipykernel.

Not the same work. We run 75 checks of four functions on each answer, in a sandbox, on inputs drawn for the run; a peer
runs the 4 tests below, two public and two hidden, of softmax alone, in a Jupyter kernel without a sandbox. The wrong
answers are the first mistakes of our own spec, which our checks catch by construction: how many of them pass 4 tests
says what 4 such tests see, not what a peer's grader could. Only the grading is timed, not making the assignment.
Warm the bytecode before (PYTHONDONTWRITEBYTECODE unset, one run): otter alone imports 1,600 modules.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench_cohort import CHECKOUT, write_answers
from cpu import Cpu
from notebooks import cell, graded, handed_in, notebook, write

from harness.catalog import Shipped
from tracker import workspace

TESTS = (  # the last two are hidden
    "assert np.allclose(softmax(np.log(np.array([1.0, 2.0, 5.0]))), [0.125, 0.25, 0.625])",
    "x = np.random.default_rng(0).normal(size=(4, 7))\nassert np.allclose(softmax(x).sum(axis=-1), 1)",
    "assert np.allclose(softmax(np.array([[1e4, 1e4], [-1e4, -1e4]])), 0.5)",
    "x = np.random.default_rng(1).normal(size=(5, 3))\nassert np.allclose(softmax(x, axis=0), softmax(x.T).T)",
)
PUBLIC = 2
HEAD = "def softmax(x, axis=-1, temperature=1.0):"
BODY = "    e = np.exp((x - x.max(axis, keepdims=True)) / temperature)\n    return e / e.sum(axis, keepdims=True)"
API = """import json, pathlib, otter.api
for path in pathlib.Path("subs").iterdir():
    found = otter.api.grade_submission(str(path), "autograder.zip", quiet=True)
    pathlib.Path("api", path.stem, "results.json").write_text(json.dumps({"tests": [{"score": found.total}]}))
"""


@dataclass(frozen=True)
class Tool:
    """A way to grade. `passed`: the answers with full marks, read when the clock has stopped."""

    name: str
    version: str
    checks: int
    jobs: int
    grade: Callable[[], object]
    passed: Callable[[], set[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True, metavar="PYTHON", help="the interpreter that has them")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="of ours; the peers grade one after another")
    arguments = parser.parse_args()
    shipped = Shipped("softmax", workspace.exercise_folder(workspace.find(CHECKOUT), "softmax"))
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as made:
        folder, peers = Path(made), Peers(arguments.peers, Path(made))
        wanted = write_answers(folder / "in", shipped, arguments.count, 0)
        answers = {name: (folder / "in" / f"{name}.py").read_text() for name in wanted}
        mine = [ours(folder, sandbox, arguments.jobs) for sandbox in ("process", "namespaces")]
        for tool in (*mine, nbgrader(peers, answers), *otter(peers, answers)):
            told(tool, wanted)


def told(tool: Tool, wanted: dict[str, str]) -> None:
    """Grade, and print one JSON object on a line."""
    with Cpu() as cpu:
        began = time.monotonic()
        tool.grade()
        wall_s = time.monotonic() - began
    load, passed = os.getloadavg()[0], tool.passed()
    right = sum((name in passed) == (verdict == "passed") for name, verdict in wanted.items())
    facts = {
        "tool": tool.name, "version": tool.version, "answers": len(wanted), "jobs": tool.jobs, "checks": tool.checks,
        "wall_s": round(wall_s, 1), "s_each": round(wall_s / len(wanted), 2), "cpu_s_each": round(cpu.seconds / len(wanted), 2),
        "right_verdicts": right, "wrong": sum(verdict == "failed" for verdict in wanted.values()),
        "wrong_that_passed": sum(wanted[name] == "failed" for name in passed), "load": round(load, 1),
    }  # fmt: skip
    print(json.dumps(facts), flush=True)


def ours(folder: Path, sandbox: str, jobs: int) -> Tool:
    out = folder / sandbox
    asked = ["cohort", folder / "in", "--exercise", "softmax", "--out", out, "--sandbox", sandbox, "--jobs", str(jobs)]
    command = [Path(sys.executable).parent / "harness", *asked]

    def passed() -> set[str]:
        rows = json.loads((out / "grades.json").read_text())
        return {row["learner"] for row in rows if row["verdict"] == "passed"}

    grade = partial(called, command, CHECKOUT, dict(os.environ))
    return Tool(f"harness cohort --sandbox {sandbox}", version("scratchmark"), 75, jobs, grade, passed)


def otter(peers: Peers, answers: dict[str, str]) -> tuple[Tool, Tool]:
    """Its command, a process for each answer, and its function, one process for all."""

    def mark(text: str) -> dict[str, Any]:
        return cell(f"# {text}", "raw")

    solution = cell(f"{HEAD}\n    # BEGIN SOLUTION\n{BODY}\n    # END SOLUTION")
    tests = [cell(("# HIDDEN\n" if n >= PUBLIC else "") + test) for n, test in enumerate(TESTS)]
    master = [
        mark("ASSIGNMENT CONFIG\nname: softmax\nexport_cell: false"), cell("import numpy as np"),
        mark("BEGIN QUESTION\nname: q1\npoints: 4"), mark("BEGIN SOLUTION"), solution, mark("END SOLUTION"),
        mark("BEGIN TESTS"), *tests, mark("END TESTS"), mark("END QUESTION"),
    ]  # fmt: skip
    write(peers.folder / "softmax.ipynb", notebook(master))
    peers.run("otter", "assign", "softmax.ipynb", "dist")
    next(peers.folder.glob("dist/autograder/*.zip")).rename(peers.folder / "autograder.zip")
    for name, text in answers.items():
        write(
            peers.folder / "subs" / f"{name}.ipynb", handed_in(peers.folder / "dist/student/softmax.ipynb", HEAD, text)
        )
        for kind in ("cli", "api"):
            (peers.folder / kind / name).mkdir(parents=True)

    def one_by_one() -> None:
        for name in answers:
            peers.run("otter", "run", f"subs/{name}.ipynb", "-a", "autograder.zip", "-o", f"cli/{name}", "--no-logo")

    def passed(kind: str) -> set[str]:
        found = {p.parent.name: json.loads(p.read_text())["tests"] for p in peers.folder.glob(f"{kind}/*/results.json")}
        return {name for name, tests in found.items() if sum(test.get("score", 0) for test in tests) == len(TESTS)}

    facts = peers.version("otter-grader"), len(TESTS), 1
    return (
        Tool("otter.api.grade_submission", *facts, partial(peers.run, "python", "-c", API), partial(passed, "api")),
        Tool("otter run", *facts, one_by_one, partial(passed, "cli")),
    )


def nbgrader(peers: Peers, answers: dict[str, str]) -> Tool:
    hidden = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
    tests = [graded(hidden.format(t) if n >= PUBLIC else t, f"t{n}", True) for n, t in enumerate(TESTS)]
    solution = graded(f"{HEAD}\n    ### BEGIN SOLUTION\n{BODY}\n    ### END SOLUTION", "softmax", False)
    write(peers.folder / "source/ps1/softmax.ipynb", notebook([cell("import numpy as np"), solution, *tests]))
    peers.run("nbgrader", "generate_assignment", "ps1", "--create")
    for name, text in answers.items():
        place = peers.folder / "submitted" / name / "ps1" / "softmax.ipynb"
        write(place, handed_in(peers.folder / "release/ps1/softmax.ipynb", HEAD, text))

    def passed() -> set[str]:
        peers.run("nbgrader", "export")
        rows = csv.DictReader((peers.folder / "grades.csv").read_text().splitlines())
        return {row["student_id"] for row in rows if float(row["score"] or 0) == len(TESTS)}

    grade = partial(peers.run, "nbgrader", "autograde", "ps1", "--create")
    return Tool("nbgrader autograde", peers.version("nbgrader"), len(TESTS), 1, grade, passed)


@dataclass(frozen=True)
class Peers:
    """Their interpreter, and the folder that they work in, which is their home as well."""

    python: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> str:
        programs = self.python.absolute().parent  # not resolved: a virtual environment's python is a link
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"  # nbgrader starts 'alembic' by its name
        own = {"PATH": path, "HOME": str(self.folder), "TMPDIR": str(self.folder)}
        return called([programs / program, *arguments], self.folder, os.environ | own)

    def version(self, package: str) -> str:
        return self.run("python", "-c", f"import importlib.metadata as m; print(m.version('{package}'))").strip()


def called(command: list[Any], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))[:200]} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
