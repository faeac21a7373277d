"""The documents know every command, the example exercise works, and no file tells of the machine that it was written on."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = "\n".join(page.read_text("utf-8") for page in (ROOT / "README.md", *ROOT.glob("docs/*.md")))


def _commands() -> Iterator[tuple[str, click.Command]]:
    from harness.cli import harness
    from tracker.cli import tracker

    for group in (harness, tracker):
        yield str(group.name), group
        yield from ((f"{group.name} {name}", command) for name, command in group.commands.items())


COMMANDS = dict(_commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example_of_itself(name: str) -> None:
    example = (COMMANDS[name].help or "").partition("Example:")[2].split()
    assert example[: len(name.split())] == name.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_options_have_help_and_are_in_the_documents(name: str) -> None:
    options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []
    assert [one.opts[0] for one in options if f"`{one.opts[0]}" not in PAGES] == []
    assert f"`{name}" in PAGES


def test_the_documents_name_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"`((?:tracker|harness) [a-z]+)", PAGES))
    assert named - COMMANDS.keys() == set()


@pytest.mark.usefixtures("confinement")
def test_the_example_of_the_page_on_exercises_passes_lint(tmp_path: Path) -> None:
    folder = tmp_path / "curriculum" / "neural-networks" / "relu"
    (tmp_path / "roadmap.yaml").write_text("extends: scratchmark\n")
    page = (ROOT / "docs" / "exercises.md").read_text("utf-8")
    for name, text in re.findall(r"^```python\n# (\S+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    lint = [Path(sys.executable).parent / "harness", "lint", "relu"]
    done = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs git and a clone")
def test_no_tracked_file_names_a_path_of_this_machine_or_a_host_of_a_package_registry() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "registry.npm" + "js", "anaconda" + ".org"]
    machine = [f"{path}/" for path in (ROOT, Path.home()) if path != Path("/")] + ["/opt/" + "wheels", "/opt/" + "pypi"]
    found = []
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    ):
        path = ROOT / name
        if name and path.is_file():
            text = path.read_text("utf-8", errors="replace")
            found += [f"{name}: {words}" for words in (*hosts, *machine) if words in text]
    assert found == []
