"""Small workspaces of their own for every test, and the real commands run in them."""

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tracker import journal, report

SOURCE = Path(__file__).resolve().parents[2] / "src"

ROADMAP = """
title: Small
modules:
  - id: basics
  - id: deep
    needs: [basics]
projects:
  - id: project-end
    title: The end
    level: Advanced
    hours: 3
    needs: [nets]
    tasks:
      - {id: report, kind: write, text: Write it down}
"""
BASICS = """
title: Basics
topics:
  - id: numbers
    title: Numbers
    level: Beginner
    hours: 4
    tasks:
      - {id: book, kind: read, text: Read a book}
      - {id: count, kind: practice, text: Count, hours: 1}
      - {id: add, kind: practice, text: Add, hours: 3}
  - id: sums
    title: Sums
    level: Beginner
    hours: 2
    needs: [numbers]
    tasks:
      - {kind: implement, text: Add numbers up, exercise: total}
      - {id: think, kind: study, text: Think about sums}
"""
DEEP = """
title: Deep
topics:
  - id: nets
    title: Nets
    level: Advanced
    hours: 5
    needs: [sums]
    tasks:
      - {id: draw, kind: derive, text: Draw a net}
      - {kind: implement, text: Build a net, exercise: net_build, planned: true}
"""


class Place:
    """A workspace under tmp_path, and the command run in it."""

    def __init__(self, root: Path):
        self.root = root
        self.env = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "COLUMNS", "NO_COLOR")}
        self.env |= {"PYTHONPATH": str(SOURCE), "XDG_CACHE_HOME": str(root / ".cache"), "COLUMNS": "80"}

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        return target

    def tracker(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tracker", *words]
        return subprocess.run(
            command,
            cwd=self.root,
            env={**self.env, **more},
            capture_output=True,
            text=True,
            timeout=60,
            encoding="utf-8",
        )

    def grade(self, exercise: str, correct: bool = True) -> Path:
        """A report and the journal's event for it, as the harness leaves them; where the report is."""
        content = f'{{"exercise": "{exercise}"}}'
        report = self.write(f"reports/{exercise}/r.json", content)
        fields = {"exercise": exercise, "backend": "numpy", "verdict": "passed" if correct else "failed"}
        sha = hashlib.sha256(report.read_bytes()).hexdigest()
        named = {"report": f"reports/{exercise}/r.json", "report_sha256": sha}
        journal.append(self.root / "reports/journal.jsonl", "graded", marks={"correct": correct}, **fields, **named)
        return report

    def record(self, found, time="2026-11-20T10:00:00.000000Z", path=None, **otherwise):
        """That report and the journal's event for it, as the harness leaves them but for what is said `otherwise`."""
        text = report.dump(found)
        path = path or f"reports/{found.exercise}/{hashlib.sha256((text + time).encode()).hexdigest()[:12]}.json"
        self.write(path, "").write_text(text, "utf-8")
        sha = hashlib.sha256(text.encode()).hexdigest()
        fields = {
            "exercise": found.exercise,
            "backend": found.backend,
            "device": found.device,
            "verdict": found.verdict.value,
            "marks": found.marks,
        }
        return self.event("graded", time, **{**fields, "report": path, "report_sha256": sha, **otherwise})

    def event(self, kind, time, **data):
        """An event of that time at the end of the journal."""
        line = {"id": os.urandom(12).hex(), "host": "abcdef", "time": time, "kind": kind, **data}
        path = self.root / "reports/journal.jsonl"
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return line


@pytest.fixture
def empty(tmp_path):
    """A folder that is no workspace yet."""
    root = tmp_path / "place"
    root.mkdir()
    return Place(root)


@pytest.fixture
def place(empty):
    """Numbers -> sums (graded by the exercise `total`) -> nets -> project-end."""
    empty.write("roadmap.yaml", ROADMAP)
    empty.write("curriculum/basics/module.yaml", BASICS)
    empty.write("curriculum/deep/module.yaml", DEEP)
    empty.write("curriculum/basics/total/exercise.py", "def total(xs):\n    raise NotImplementedError\n")
    empty.write("curriculum/basics/total/spec.py", "EXERCISE = None\n")
    return empty


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test reads or writes the cache of the person who runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
