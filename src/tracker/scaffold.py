"""New files for a learner: a workspace, the empty file of an exercise. Never writes over anything that is there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracker.errors import UserError
from tracker.workspace import CURRICULUM, ROADMAP, Workspace, exercise_folder, packaged_content

_IMPLS = """\
# Your answers

`tracker start EXERCISE` puts an empty `EXERCISE/EXERCISE.py` here; write it, then `harness run EXERCISE`.
This folder is yours: updates of Scratchmark never write here. Commit it.
"""
_REPORTS = """\
# What was found

`harness run` puts its reports here, and `journal.jsonl` is your progress: one event a line, only ever appended to.
Never edit them by hand (`tracker lint` notices). Commit this folder; git merges the journal of two machines line by line.
"""
_ROADMAP = """\
# Your roadmap: the shipped one, and whatever you add below.
extends: scratchmark
"""
VERIFY = "verify.py"
_FILES = {"impls/README.md": _IMPLS, "reports/README.md": _REPORTS}
_LINES = {".gitattributes": "reports/journal.jsonl merge=union", ".gitignore": "reports/demo/"}


def make_workspace(folder: Path) -> list[Path]:
    """Make `folder` a workspace that extends the shipped roadmap; what was written.

    Killed half-way, the same call again finishes it. Raises UserError, before anything is written, where a file that is
    there would have to change.
    """
    if not (packaged_content() / ROADMAP).is_file():
        raise UserError("this installation has no roadmap to extend", fix="install Scratchmark again")
    return _make(folder, {ROADMAP: _ROADMAP})


def make_roadmap(folder: Path, roadmap: Mapping[str, Any], modules: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """Make `folder` a workspace with a roadmap wholly of its own. Raises as `make_workspace` does."""
    files = {f"{CURRICULUM}/{name}/module.yaml": _yaml(module) for name, module in modules.items()}
    return _make(folder, files | {ROADMAP: _yaml(roadmap)})


def verify_script() -> str:
    """The text of `verify.py`, with which a stranger grades the workspace's reports again: a program of its own."""
    from importlib import resources

    from tracker import __version__, origin

    text = resources.files("tracker").joinpath("templates", VERIFY).read_text("utf-8")
    text = text.replace('SOURCE = ""', f"SOURCE = {json.dumps(origin.requirement())}")
    return text.replace('VERSION = ""', f'VERSION = "{__version__}"')


def _make(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write what every workspace has, then `files`: roadmap.yaml comes last, for it makes the folder a workspace."""
    if (folder / ROADMAP).exists():
        raise UserError(f"{folder} is a workspace already", fix="go there and type `tracker status`")
    files = {**_FILES, VERIFY: verify_script(), **files}
    in_the_way = [name for name, words in files.items() if _differs(folder / name, words)]
    if in_the_way:
        raise UserError(
            f"{folder} has files of its own that would be overwritten: {', '.join(in_the_way)}",
            fix="choose an empty folder, or move these away",
        )
    try:
        written = [folder / name for name, line in _LINES.items() if _add_line(folder / name, line)]
        return [*written, *(folder / name for name, words in files.items() if write_new(folder / name, words))]
    except OSError as error:
        raise UserError(f"cannot write in {folder}: {error.strerror or error}", fix="choose another folder") from error


def _yaml(values: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=110)


def start(workspace: Workspace, exercise: str) -> Path:
    """Copy an exercise's template to impls/<id>/<id>.py. Raises UserError where that file exists."""
    template = exercise_folder(workspace, exercise) / "exercise.py"
    target = workspace.impls / exercise / f"{exercise}.py"
    try:
        written = write_new(target, template.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"the exercise {exercise!r} has no template {template}", fix="`tracker lint` says more"
        ) from error
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror or error}") from error
    if not written:
        raise UserError(
            f"{target} exists already; it is yours, so it stays as it is",
            fix=f"go on with it: `harness run {exercise}`; or move it away and start again",
        )
    return target


def write_again(workspace: Workspace, exercise: str) -> Path:
    """Copy an exercise's template to reports/review/<id>.py. Raises UserError where that file exists."""
    template = exercise_folder(workspace, exercise) / "exercise.py"
    target = workspace.reports / "review" / f"{exercise}.py"
    try:
        written = write_new(target, template.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror or error}") from error
    if not written:
        raise UserError(f"{target} is there already", fix=f"go on with it: `tracker review --grade {exercise}`")
    return target


def write_new(path: Path, words: str) -> bool:
    """Whether `path` was written: whole or not at all, and never over a file that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        _write_through(scratch, words.encode("utf-8"))
        os.link(scratch, path)  # unlike a rename, a link refuses a name that is taken
    except FileExistsError:
        return False
    finally:
        with suppress(OSError):
            scratch.unlink()
    return True


def write_over(path: Path, content: bytes) -> None:
    """Write a file that the person asked for by name, whole or not at all. Raises UserError where that fails."""
    scratch = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(scratch, content)
        os.replace(scratch, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}", fix="choose another place") from error
    finally:
        with suppress(OSError):
            scratch.unlink()


def _add_line(path: Path, line: str) -> bool:
    """Whether `line` had to be added to a file of lines that may be there already."""
    before = path.read_text("utf-8") if path.exists() else ""
    if line in before.splitlines():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
    try:
        _write_through(scratch, f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{line}\n".encode())
        os.replace(scratch, path)
    finally:
        with suppress(OSError):
            scratch.unlink()
    return True


def _write_through(path: Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _differs(path: Path, words: str) -> bool:
    try:
        return path.read_text("utf-8") != words
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError):
        return True
