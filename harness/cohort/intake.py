"""From what learners hand in (folders, single files, zip and tar archives) to sources. Runs nothing, extracts nothing.

Archives are read member by member into memory: only regular .py files, capped in number and bytes; what would
leave the folder, links, devices and bombs are refused and told. No name from an archive ever becomes a path on disk.
"""

from __future__ import annotations

import hashlib
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from harness.answer import MAX_BYTES, MAX_FILES, Source

MOST_MEMBERS = 2_000
MOST_ARCHIVE_BYTES = 64 * 2**20
MOST_RATIO = 200  # of a member's bytes to its compressed ones: a bomb has thousands, source code some ten
JUNK = re.compile(r"(^|/)(__MACOSX|__pycache__|\.[^/]*|[^/]*\.pyc)(/|$)")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


class Refused(Exception):
    """A submission that is not even read; the message says why, for its learner."""


@dataclass(frozen=True)
class Submission:
    """What one learner handed in once. `problem`: why it holds no answer at all, '' if it does."""

    id: str  # unique: the name of the folder, file or archive without its ending
    learner: str
    handed_in: datetime
    sources: Mapping[str, Source] = field(default_factory=dict)
    problem: str = ""

    @property
    def digest(self) -> str:
        """Changes with any answer in it; what is graded once is not graded again."""
        parts = [f"{name} {source.hash}" for name, source in sorted(self.sources.items())] + [self.problem]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def submissions(folder: Path, exercises: Sequence[str]) -> Iterator[Submission]:
    """Every entry of the folder, sorted by name. A broken one comes with its problem and stops no other."""
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.startswith("."):
            continue
        name = path.name if path.is_dir() else _stem(path.name)
        handed_in = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
        learner = learner_of(name)
        try:
            sources = _sources(_files(path), exercises)
            yield Submission(name, learner, handed_in, sources, "" if sources else _nothing(exercises))
        except Refused as refused:
            yield Submission(name, learner, handed_in, problem=str(refused))
        except (
            OSError,
            ValueError,
            EOFError,
            zipfile.BadZipFile,
            tarfile.TarError,
            RuntimeError,
            NotImplementedError,
        ) as error:
            yield Submission(name, learner, handed_in, problem=f"it cannot be read: {type(error).__name__}: {error}")


def learner_of(name: str) -> str:
    """'ada@2', 'ada-attempt2', 'ada_v2' and 'ada' are four submissions of ada."""
    return re.sub(r"(?:@|[-_ ](?:attempt|try|late|v))[-_ ]?\d*$", "", name, flags=re.IGNORECASE) or name


def _stem(name: str) -> str:
    ending = next((end for end in (*sorted(ARCHIVES, key=len, reverse=True), ".py") if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)] if ending else name


def _nothing(exercises: Sequence[str]) -> str:
    return (
        f"it holds no {exercises[0]}.py"
        if len(exercises) == 1
        else f"it holds none of {', '.join(f'{e}.py' for e in exercises)}"
    )


# --- reading -------------------------------------------------------------------------------------------------------


def _files(path: Path) -> dict[str, bytes]:
    """The .py files below a submission by relative path. Raises Refused."""
    if path.is_symlink():
        raise Refused("it is a symbolic link, which may lead anywhere")
    if path.is_dir():
        return _from_folder(path)
    lower = path.name.lower()
    if lower.endswith(".py"):
        return {path.name: _capped(path.read_bytes(), path.name)}
    if lower.endswith(ARCHIVES) and path.stat().st_size > MOST_ARCHIVE_BYTES:
        raise Refused(f"the archive has more than {MOST_ARCHIVE_BYTES // 2**20} MB")
    if lower.endswith(".zip"):
        return _from_zip(path)
    if lower.endswith(ARCHIVES):
        return _from_tar(path)
    raise Refused("it is neither a folder, a .py file, a .zip nor a .tar")


def _from_folder(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if number > MOST_MEMBERS:
            raise Refused(f"it holds more than {MOST_MEMBERS:,} files")
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise Refused(f"{name} is a symbolic link, which may lead anywhere")
        if path.suffix == ".py" and not JUNK.search(name):
            if not stat.S_ISREG(path.lstat().st_mode):
                raise Refused(f"{name} is no regular file")
            found[name] = _capped(path.read_bytes(), name)
    return found


def _from_zip(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise Refused(f"the archive holds more than {MOST_MEMBERS:,} files")
        for member in members:
            name = _safe(member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise Refused(f"{name} is a symbolic link, which may lead anywhere")
            if member.is_dir() or not name.endswith(".py") or JUNK.search(name):
                continue
            if member.flag_bits & 1:
                raise Refused(f"{name} is encrypted")
            if member.file_size > MOST_RATIO * max(member.compress_size, 1) and member.file_size > MAX_BYTES:
                raise Refused(f"{name} would unpack to {member.file_size:,} bytes: a bomb")
            with archive.open(member) as file:
                found[name] = _capped(file.read(MAX_BYTES + 1), name)
    return found


def _from_tar(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    unpacked = 0
    with tarfile.open(path) as archive:
        for number, member in enumerate(archive):
            unpacked += member.size
            if number >= MOST_MEMBERS:
                raise Refused(f"the archive holds more than {MOST_MEMBERS:,} files")
            if unpacked > MOST_ARCHIVE_BYTES:
                raise Refused(f"the archive would unpack to more than {MOST_ARCHIVE_BYTES // 2**20} MB: a bomb")
            name = _safe(member.name)
            if member.issym() or member.islnk():
                raise Refused(f"{name} is a link, which may lead anywhere")
            if not (member.isreg() or member.isdir()):
                raise Refused(f"{name} is no regular file")
            if member.isreg() and name.endswith(".py") and not JUNK.search(name):
                file = archive.extractfile(member)
                found[name] = _capped(file.read(MAX_BYTES + 1) if file else b"", name)
    return found


def _safe(name: str) -> str:
    """A member's name as a relative path. Raises Refused for one that leaves the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise Refused(f"{name!r} would be unpacked outside of the submission")
    return path.as_posix()


def _capped(content: bytes, name: str) -> bytes:
    if len(content) > MAX_BYTES:
        raise Refused(f"{name} has more than {MAX_BYTES:,} bytes")
    return content


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
