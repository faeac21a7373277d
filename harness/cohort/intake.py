"""From what learners hand in (folders, single files, zip and tar archives) to sources. Runs nothing, extracts nothing.

Archives are read member by member in memory: only regular .py files, capped in number and bytes (archives.py). No name
from a submission ever becomes a path on disk, and each is made fit for databases, terminals and tables here.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from harness.answer import MAX_FILES, Source
from harness.cohort.archives import ENDINGS, JUNK, MOST_MEMBERS, Kept, Refused, from_archive
from tracker.page import printable


@dataclass(frozen=True)
class Submission:
    """What one learner handed in once. `problem`: why it holds no answer, '' if it does; `refused`: it was not even read."""

    id: str  # unique: the name of the folder, file or archive, without its ending where that is unique
    learner: str
    handed_in: datetime
    sources: Mapping[str, Source] = field(default_factory=dict)
    problem: str = ""
    refused: bool = False

    @property
    def digest(self) -> str:
        """Changes with any answer in it; what is graded once is not graded again."""
        parts = [f"{name} {source.hash}" for name, source in sorted(self.sources.items())] + [self.problem]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def submissions(folder: Path, exercises: Sequence[str], known: Collection[str] = ()) -> Iterator[Submission]:
    """Every entry of the folder, sorted by name. A broken one comes with its problem and stops no other.

    known: the ids of the roster, which are learners as they stand.
    """
    for path, name, stem in _named(folder):
        learner = stem if stem in known else learner_of(stem)
        try:
            sources = _sources(_files(path), exercises)
            yield Submission(name, learner, _time(path), sources, "" if sources else _nothing(exercises))
        except Refused as refused:
            yield Submission(name, learner, _time(path), problem=printable(str(refused)), refused=True)
        except (
            Exception
        ) as error:  # zlib, lzma, struct, tarfile and zipfile have one of their own for each kind of damage
            words = printable(f"it cannot be read: {type(error).__name__}: {error}")
            yield Submission(name, learner, _time(path), problem=words, refused=True)


def _named(folder: Path) -> list[tuple[Path, str, str]]:
    """(path, id, name without ending): `ada/` and `ada.zip` are two submissions of ada, with two ids."""
    paths = sorted((p for p in folder.iterdir() if not p.name.startswith(".")), key=lambda p: os.fsencode(p.name))
    stems = [p.name if p.is_dir() and not p.is_symlink() else _stem(p.name) for p in paths]
    shared = Counter(map(_fit, stems))
    found: list[tuple[Path, str, str]] = []
    seen: Counter[str] = Counter()
    for path, stem in zip(paths, map(_fit, stems), strict=True):
        name = stem if shared[stem] == 1 else _fit(path.name)
        seen[name] += 1
        found.append((path, name if seen[name] == 1 else f"{name}#{seen[name]}", stem))
    return found


def _fit(name: str) -> str:
    """Text that is fit for every database and page: bytes that are no UTF-8, line breaks and control characters replaced."""
    return printable(" ".join(os.fsencode(name).decode("utf-8", "replace").split()))


def learner_of(name: str) -> str:
    """'ada@2', 'ada-attempt2', 'ada_v2' and 'ada' are four submissions of ada."""
    return re.sub(r"(?:@\d+|[-_ ](?:attempt|try|v)[-_ ]?\d+|[-_ ]late)$", "", name, flags=re.IGNORECASE) or name


def _stem(name: str) -> str:
    ending = next((end for end in (*sorted(ENDINGS, key=len, reverse=True), ".py") if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)] or name


def _time(path: Path) -> datetime:
    """When it was last written; the epoch where that lies outside of every calendar."""
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return datetime.fromtimestamp(0, UTC)


def _nothing(exercises: Sequence[str]) -> str:
    names = ", ".join(f"{name}.py" for name in exercises)
    return f"it holds no {names}" if len(exercises) == 1 else f"it holds none of {names}"


# --- reading -------------------------------------------------------------------------------------------------------


def _files(path: Path) -> Mapping[str, bytes]:
    """The .py files below a submission by relative path. Raises Refused."""
    mode = path.lstat().st_mode
    lower = path.name.lower()
    if stat.S_ISLNK(mode):
        raise Refused("it is a symbolic link, which may lead anywhere")
    if stat.S_ISDIR(mode):
        return _from_folder(path)
    if not stat.S_ISREG(mode):
        raise Refused("it is no regular file")
    if lower.endswith(".py"):
        kept = Kept()
        kept.add_file(_fit(path.name), path)
        return kept.files
    if lower.endswith(ENDINGS):
        return from_archive(path)
    raise Refused("it is neither a folder, a .py file, a .zip nor a .tar")


def _from_folder(folder: Path) -> Mapping[str, bytes]:
    kept, count = Kept(), 0
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not JUNK.search(name))
        for name in sorted([*folders, *names]):
            path = Path(base, name)
            shown = path.relative_to(folder).as_posix()
            count += 1
            if count > MOST_MEMBERS:
                raise Refused(f"it holds more than {MOST_MEMBERS:,} files")
            if path.is_symlink():
                raise Refused(f"{shown} is a symbolic link, which may lead anywhere")
            if name in names and name.endswith(".py") and not JUNK.search(shown):
                kept.add_file(shown, path)
    return kept.files


# --- which files answer which exercise -----------------------------------------------------------------------------


def _sources(files: Mapping[str, bytes], exercises: Sequence[str]) -> dict[str, Source]:
    """`<exercise>.py` wherever it lies, with the .py files beside it; a single file answers a single exercise."""
    found = {}
    for exercise in exercises:
        mains = sorted((p for p in files if PurePosixPath(p).name == f"{exercise}.py"), key=lambda p: (p.count("/"), p))
        if not mains and len(exercises) == 1 and len(files) == 1:
            (text,) = files.values()
            found[exercise] = Source(exercise, f"{exercise}.py", {f"{exercise}.py": text})
        elif mains:
            found[exercise] = _beside(files, exercise, PurePosixPath(mains[0]).parent, exercises)
    return found


def _beside(files: Mapping[str, bytes], exercise: str, folder: PurePosixPath, exercises: Sequence[str]) -> Source:
    others = {f"{name}.py" for name in exercises if name != exercise}
    own = {PurePosixPath(p).name: content for p, content in files.items() if PurePosixPath(p).parent == folder}
    kept = {name: content for name, content in own.items() if name not in others}
    if len(kept) > MAX_FILES:
        raise Refused(f"it holds {len(kept)} .py files for {exercise}; an answer has at most {MAX_FILES}")
    return Source(exercise, f"{exercise}.py", kept)
