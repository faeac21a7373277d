"""The .py files of a zip or tar archive, read into memory: nothing is unpacked, nothing is trusted, all of it is capped.

What would leave the folder, links, devices, encrypted members and bombs are refused in words.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from harness.answer import MAX_BYTES

MOST_MEMBERS = 2_000
MOST_ARCHIVE_BYTES = 64 * 2**20  # packed, and a tar unpacked too
MOST_KEPT_BYTES = 16 * 2**20  # of all .py files of one submission
MOST_RATIO = 200  # of a member's bytes to its compressed ones: a bomb has thousands, source code some ten
XZ_BYTES = 256 * 2**20
JUNK = re.compile(r"(^|/)(__MACOSX|__pycache__|\.[^/]*|[^/]*\.pyc)(/|$)")
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


class Refused(Exception):
    """A submission that is not even read; the message says why, for its learner."""


class Kept:
    """The .py files found so far, by relative path."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._bytes = 0

    @property
    def files(self) -> Mapping[str, bytes]:
        return self._files

    def add(self, name: str, content: bytes) -> None:
        """Raises Refused where that is more than an answer may have."""
        self._bytes += len(content)
        if len(content) > MAX_BYTES:
            raise Refused(f"{name} has more than {MAX_BYTES:,} bytes")
        if self._bytes > MOST_KEPT_BYTES:
            raise Refused(f"its .py files have more than {MOST_KEPT_BYTES // 2**20} MB")
        self._files[name] = content

    def add_file(self, name: str, path: Path) -> None:
        """A file on disk, which must be a regular one: reading a pipe would never end."""
        if not stat.S_ISREG(path.lstat().st_mode):
            raise Refused(f"{name} is no regular file")
        with path.open("rb") as file:
            self.add(name, file.read(MAX_BYTES + 1))


def from_archive(path: Path) -> Mapping[str, bytes]:
    """The .py files of an archive by relative path. Raises Refused, and whatever a damaged one makes its module raise."""
    if path.stat().st_size > MOST_ARCHIVE_BYTES:
        raise Refused(f"the archive has more than {MOST_ARCHIVE_BYTES // 2**20} MB")
    return _from_zip(path) if path.name.lower().endswith(".zip") else _from_tar(path)


def _from_zip(path: Path) -> Mapping[str, bytes]:
    kept = Kept()
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
                kept.add(name, file.read(MAX_BYTES + 1))
    return kept.files


def _from_tar(path: Path) -> Mapping[str, bytes]:
    kept = Kept()
    with tarfile.open(fileobj=io.BytesIO(_unpacked(path.read_bytes())), mode="r:") as archive:
        for number, member in enumerate(archive):
            if number >= MOST_MEMBERS:
                raise Refused(f"the archive holds more than {MOST_MEMBERS:,} files")
            name = _safe(member.name)
            if member.issym() or member.islnk():
                raise Refused(f"{name} is a link, which may lead anywhere")
            if not (member.isreg() or member.isdir()):
                raise Refused(f"{name} is no regular file")
            if member.isreg() and name.endswith(".py") and not JUNK.search(name):
                file = archive.extractfile(member)
                kept.add(name, file.read(MAX_BYTES + 1) if file else b"")
    return kept.files


def _unpacked(content: bytes) -> bytes:
    """By what it is, whatever it is called. tarfile itself would unpack a header of any size into memory."""
    most = MOST_ARCHIVE_BYTES + 1
    if content.startswith(b"\x1f\x8b"):
        content = zlib.decompressobj(31).decompress(content, most)
    elif content.startswith(b"BZh"):
        content = bz2.BZ2Decompressor().decompress(content, most)
    elif content.startswith(b"\xfd7zXZ"):
        content = lzma.LZMADecompressor(memlimit=XZ_BYTES).decompress(content, most)
    if len(content) >= most:
        raise Refused(f"the archive would unpack to more than {MOST_ARCHIVE_BYTES // 2**20} MB: a bomb")
    return content


def _safe(name: str) -> str:
    """A member's name as a relative path. Raises Refused for one that leaves the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise Refused(f"{name!r} would be unpacked outside of the submission")
    return path.as_posix()
