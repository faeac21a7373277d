"""What can be worked out again, kept in the person's cache folder: a file is whole and of the right key, or as if not there."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from tracker.workspace import Workspace


def path(workspace: Workspace, what: str) -> Path | None:
    """Where `what` is kept for a workspace; None on a machine that has no such place."""
    return place(f"{what}-{blake2b(os.fsencode(workspace.root), digest_size=8).hexdigest()}.json")


def place(name: str) -> Path | None:
    """Where a file of that name is kept for the machine; None where there is no such place."""
    folder = _folder()
    return folder / "scratchmark" / name if folder else None


def read(path: Path | None, key: str) -> bytes | None:
    """What the file holds, if it is of this key; the checksum also catches a flipped bit."""
    if path is None:
        return None
    try:
        head, body = path.read_bytes().split(b"\n", 1)
        return body if head.decode() == f"{key} {_checksum(body)}" else None
    except (OSError, ValueError):
        return None


def write(path: Path | None, key: str, body: bytes) -> None:
    """Best effort: a cache that cannot be written is only slower."""
    if path is None:
        return
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(f"{key} {_checksum(body)}\n".encode() + body)
        os.replace(scratch, path)
    except OSError:
        with suppress(OSError):
            scratch.unlink()


def _folder() -> Path | None:
    named = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    if named and os.path.isabs(named):
        return Path(named)
    try:
        return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    except RuntimeError:
        return None


def _checksum(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()
