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


def _run(line: str, cwd: Path) -> tuple[int, str]:
    program, *arguments = line.split()
    done = subprocess.run(
        [Path(sys.executable).parent / program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def _agree(shown: str, printed: str) -> bool:
    """Is this what was printed, where a line '…' stands for any lines?"""
    pattern = "".join("(?:.*\n)*" if line == "…" else re.escape(line) + "\n" for line in shown.splitlines())
    return re.fullmatch(pattern, printed) is not None


def _clone(root: Path) -> Path:
    """What a clone has that the page needs, so that nothing here is written to."""
    shutil.copytree(ROOT / "curriculum", root / "curriculum", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "roadmap.yaml", root)
    return root / "curriculum" / "neural-networks" / "relu"


@pytest.mark.usefixtures("confinement")
def test_the_page_on_adding_an_exercise_can_be_followed_word_for_word(tmp_path: Path) -> None:
    folder = _clone(tmp_path)
    page = (ROOT / "docs" / "adding-an-exercise.md").read_text("utf-8")
    steps = re.findall(r"^```(console|python|diff|yaml)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert [kind for kind, _ in steps].count("console") == 6
    for kind, text in steps:
        if kind == "console":
            line, _, shown = text.removeprefix("$ ").partition("\n")
            code, printed = _run(line, tmp_path)
            assert _agree(shown, printed), f"{line}\n{printed}"
            assert code == (1 if "problems" in shown else 0), printed
        elif kind == "python":
            name, _, content = text.removeprefix("# ").partition("\n")
            assert (folder / name).is_file(), f"harness new does not write {name}"
            (folder / name).write_text(content)
        elif kind == "diff":
            _apply(text, folder / "spec.py")
        else:
            _add_to_the_map(text, tmp_path)
    assert not _is_named(tmp_path)


def _apply(diff: str, path: Path) -> None:
    old, new = ("".join(line[1:] for line in diff.splitlines(True) if line[0] == sign) for sign in "-+")
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def _is_named(root: Path) -> bool:
    """Has `tracker lint` anything to say of relu?"""
    return re.search(r"\brelu\b", _run("tracker lint", root)[1]) is not None


def _add_to_the_map(line: str, root: Path) -> None:
    """Put it in front of the topic's tasks, indented as they are."""
    assert _is_named(root)  # an exercise that no task names
    path = root / "curriculum" / "neural-networks" / "module.yaml"
    found = re.search(r"- id: activation-functions\n.*?\n *tasks:\n( *)", path.read_text("utf-8"), re.DOTALL)
    assert found is not None
    text = path.read_text("utf-8")
    path.write_text(text[: found.end()] + line + found[1] + text[found.end() :], "utf-8")


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
