"""README.md is true: every command in its sh blocks runs, in order, and exits as it says there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Groups begin before what has none: the session takes two minutes, which at the end would be one process alone.
pytestmark = pytest.mark.xdist_group("readme")

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
STEPS = re.compile(r"^```(sh|python)\n(.*?)^```|^<!-- solved: (\w+) -->", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"(?P<command>[^#]+?)\s*(?:# exit (?P<code>\d).*)?", re.DOTALL)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.usefixtures("confinement")
def test_every_command_of_the_session_exits_as_the_readme_says(tmp_path: Path) -> None:
    ran, place = 0, tmp_path
    for kind, text, solved in STEPS.findall(README):
        if kind == "python":
            (place / text.splitlines()[0].removeprefix("# ")).write_text(text)
        elif solved:
            _solve(place, solved)
        for line in text.splitlines() if kind == "sh" else ():
            if line.startswith("cd "):
                place /= line.removeprefix("cd ")
                continue
            command, code = _expected(line)
            done = _run(command, place)
            assert done.returncode == code, f"{line}\n{done.stdout}{done.stderr}"
            ran += 1
    assert ran >= 10


def test_every_make_target_that_a_page_names_exists() -> None:
    pages = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    named = {name for page in pages for name in re.findall(r"[`$] ?make ([a-z]+)", page.read_text("utf-8"))}
    assert "demo" in named
    assert named - TARGETS == set()


def test_every_page_that_a_page_links_to_is_there() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def _expected(line: str) -> tuple[str, int]:
    found = LINE.fullmatch(line)
    return (found["command"], int(found["code"] or 0)) if found else (line, 0)


def _run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shell = ["bash", "-euc", command]
    return subprocess.run(
        shell, cwd=place, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120
    )


def _solve(place: Path, exercise: str) -> None:
    solution = next((ROOT / "curriculum").glob(f"**/{exercise}/solutions/reference.py"))
    shutil.copy(solution, place / "impls" / exercise / f"{exercise}.py")
