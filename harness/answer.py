"""An answer's source: which files, their bytes and hash. Reads files; runs nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.errors import UserError
from tracker.report import Report

MAX_FILES, MAX_BYTES = 64, 2 * 2**20
_ID, _FILE = "[a-z][a-z0-9_]*", r"[^/\\\x00-\x1f\x7f]{1,200}\.py"


@dataclass(frozen=True)
class Source:
    """The files of an answer as {name: bytes}; `main` is the one that holds the parts. Only these bytes are graded.

    used: files of other exercises that this one may import (Policy.uses), by their path below impls/.
    """

    exercise: str
    main: str
    files: dict[str, bytes]
    used: dict[str, bytes] = field(default_factory=dict)

    @property
    def module(self) -> str:
        return f"impls.{self.exercise}.{Path(self.main).stem}"

    @property
    def tree(self) -> dict[str, bytes]:
        """Everything that a worker gets, by path below impls/."""
        return {f"{self.exercise}/{name}": content for name, content in self.files.items()} | self.used

    @property
    def hash(self) -> str:
        digest = hashlib.sha256()
        for name, content in sorted(self.tree.items()):
            digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
        return digest.hexdigest()

    @property
    def texts(self) -> dict[str, str]:
        """The answer's own files as text."""
        return {name: content.decode("utf-8", "replace") for name, content in sorted(self.files.items())}

    @property
    def used_texts(self) -> dict[str, str]:
        """The files of other exercises as text, by path below impls/."""
        return {path: content.decode("utf-8", "replace") for path, content in sorted(self.used.items())}

    def using(self, others: Iterable[Source]) -> Source:
        """The same answer with other exercises' files beside it, read-only, importable as impls.<id>."""
        return replace(self, used={path: content for other in others for path, content in other.tree.items()})


def from_text(exercise: str, text: str) -> Source:
    """An answer of one file."""
    return Source(exercise, f"{exercise}.py", {f"{exercise}.py": text.encode()})


def from_file(exercise: str, path: Path) -> Source:
    """Any one .py file as the answer. Raises UserError where it is none."""
    return Source(exercise, f"{exercise}.py", {f"{exercise}.py": _read(path)})


def from_path(exercise: str, path: Path, backend: str) -> Source:
    """A file, or a folder as `from_folder` reads it. Raises UserError where there is no answer."""
    if not path.is_dir():
        return from_file(exercise, path)
    found = from_folder(exercise, path, backend)
    if found is None:
        raise UserError(f"{path} holds no {exercise}.py", "give the file itself: --answer FILE")
    return found


def from_report(found: Report) -> Source:
    """The source that a report keeps, with the files of other exercises that it used.

    Raises UserError where its files are not those of an answer: they will be written to the disk under their names.
    """
    names = (f"{found.exercise}_{found.backend}.py", f"{found.exercise}.py")
    main = next((name for name in names if name in found.source), None)
    kept = found.source | found.used
    if main is None:
        raise UserError(f"this report holds no {names[1]}", "take the original file, or grade again: harness run")
    wrong = [name for name in found.source if not re.fullmatch(_FILE, name)]
    wrong += [path for path in found.used if not re.fullmatch(f"{_ID}/{_FILE}", path)]
    wrong += [path for path in found.used if path.partition("/")[0] == found.exercise]
    if wrong:
        raise UserError(f"this report's source has a file called {wrong[0]!r}, which no answer has")
    if len(kept) > 2 * MAX_FILES or sum(map(len, kept.values())) > 4 * MAX_BYTES:
        raise UserError(f"this report's source is larger than any answer: {len(kept)} files")
    files, used = ({name: text.encode() for name, text in part.items()} for part in (found.source, found.used))
    return Source(found.exercise, main, files, used)


def from_folder(exercise: str, folder: Path, backend: str) -> Source | None:
    """`<folder>/<exercise>_<backend>.py`, or `<exercise>.py`, with the other .py files beside it; None where neither is.

    Raises UserError for too many files and for a link out of the folder: in a stranger's it would show the answer, and
    the report, what only you may read.
    """
    names = [f"{exercise}_{backend}.py", f"{exercise}.py"]
    main = next((name for name in names if (folder / name).is_file()), None)
    if main is None:
        return None
    paths = sorted(p for p in folder.glob("*.py") if p.is_file())
    if len(paths) > MAX_FILES:
        raise UserError(
            f"{folder} holds {len(paths)} .py files; an answer has at most {MAX_FILES}", "move the others elsewhere"
        )
    inside = folder.resolve()
    astray = [p.name for p in paths if not p.resolve().is_relative_to(inside)]
    if astray:
        raise UserError(f"in {folder} a link leads out of the folder: {', '.join(astray)}", "put a copy there instead")
    return Source(exercise, main, {p.name: _read(p) for p in paths})


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise UserError(f"{path} is not a file", "give the .py file of your answer: --answer FILE")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UserError(
            f"{path} has {size:,} bytes; an answer's file has at most {MAX_BYTES:,}", "keep data out of the source"
        )
    return path.read_bytes()
