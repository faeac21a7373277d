"""A workspace of its own for every test, the real command run in it, and what a run must leave behind: nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SOFTMAX = next((CHECKOUT / "curriculum").glob("*/softmax"))
REFERENCE = (SOFTMAX / "solutions" / "reference.py").read_text("utf-8")


@dataclass(frozen=True)
class Ended:
    """How one command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found


@dataclass(frozen=True)
class Place:
    """A workspace, a folder for temporary files, and the commands run there."""

    root: Path
    temporary: Path
    python: str = sys.executable
    extra: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        return target

    def start(self, *arguments: str, module: str = "harness", **options: Any) -> subprocess.Popen[str]:
        """The command in a session of its own, by which its processes are found."""
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SCRATCHMARK", "COV"))
        }
        return subprocess.Popen(
            [self.python, "-m", module, *arguments], cwd=self.root, text=True, start_new_session=True,
            env=clean | {"TMPDIR": str(self.temporary), "COLUMNS": "100"} | self.extra, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    def run(self, *arguments: str, module: str = "harness", **options: Any) -> Ended:
        """The command to its end, which leaves no process and no temporary file."""
        process = self.start(*arguments, module=module, **options)
        stdout, stderr = process.communicate(timeout=300)
        assert self.left_over(process.pid) == []
        assert os.listdir(self.temporary) == []
        return Ended(process.returncode, stdout, stderr)

    def grade(self, answer: Path, *arguments: str) -> Ended:
        return self.run("run", "softmax", "--answer", str(answer), "--quick", "--no-save", "--json", *arguments)

    def left_over(self, session: int) -> list[str]:
        """The processes of that session that are still there once the kernel had its time to end them, in words."""
        deadline = time.monotonic() + 5
        while (found := list(_members(session))) and time.monotonic() < deadline:
            time.sleep(0.01)
        return found

    def files(self) -> dict[str, tuple[int, int]]:
        """Every file of the workspace with size and time, but for what Python makes of a spec."""
        paths = [path for path in self.root.rglob("*") if path.is_file() and path.suffix != ".pyc"]
        return {str(p.relative_to(self.root)): (p.stat().st_size, p.stat().st_mtime_ns) for p in paths}


def _members(session: int) -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        state, _, _, owner = text.rpartition(") ")[2].split()[:4]
        if int(owner) == session and state != "Z":
            yield f"{path.parent.name} {text.partition('(')[2].partition(')')[0]} ({state})"


def _place(root: Path, temporary: Path) -> Place:
    for folder in (root, temporary):
        folder.mkdir()
    place = Place(root, temporary)
    place.write("roadmap.yaml", "extends: scratchmark\n")
    return place


@pytest.fixture
def place(tmp_path: Path, confinement: None) -> Place:
    """A workspace without an answer."""
    return _place(tmp_path / "workspace", tmp_path / "temporary")


@pytest.fixture
def impatient(place: Place) -> Place:
    """A workspace whose own softmax, otherwise the shipped one, allows one second for loading and for a call."""
    shutil.copytree(SOFTMAX, place.root / "curriculum" / "own" / "softmax")
    text = (SOFTMAX / "spec.py").read_text("utf-8")
    text = text.replace("import Convention", "import Limits, Convention")
    text = re.sub(
        r"^    version=1,$", "    version=1, limits=Limits(load_s=1.0, call_s=1.0),", text, flags=re.MULTILINE
    )
    place.write("curriculum/own/softmax/spec.py", text)
    assert text.count("Limits") == 2
    return place


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Any]:
    """`made(spec=text, reference=text, ...)`: a small exercise under tmp_path, as shipped."""
    from harness.catalog import Shipped

    def make(
        name: str = "small", *, spec: str, reference: str, examples: str = "", drive: str | None = None
    ) -> Shipped:
        folder = tmp_path / "content" / name
        (folder / "solutions").mkdir(parents=True)
        (folder / "spec.py").write_text(spec, "utf-8")
        (folder / "solutions" / "reference.py").write_text(reference, "utf-8")
        (folder / "test_implementation.py").write_text(examples, "utf-8")
        if drive is not None:
            (folder / "drive.py").write_text(drive, "utf-8")
        return Shipped(name, folder)

    return make
