"""The roadmap without reading YAML: the result of the last good reading, kept as JSON while the files say the same.

Knows no rule of the roadmap; `compiler` does, and is loaded (with pydantic and yaml) only when a file has changed.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import astuple, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tracker import __version__
from tracker.roadmap import Module, Question, Resource, Roadmap, Task, Topic, Track
from tracker.workspace import CURRICULUM, ROADMAP, Workspace, packaged_content


def load(workspace: Workspace) -> Roadmap:
    """The workspace's roadmap. Raises SourceError with every problem where it does not hold together."""
    path, key = _path(workspace), _key(workspace)
    kept = _kept(path, key) if path else None
    if kept is not None:
        return kept
    from tracker import compiler

    roadmap = compiler.compile_roadmap(workspace)
    if path:
        _keep(path, key, roadmap)
    return roadmap


def _key(workspace: Workspace) -> str:
    """Changes with the content of any file that the roadmap is made from, with the dataclasses, with the version."""
    shape = [
        [field.name for field in fields(kind)] for kind in (Roadmap, Module, Topic, Task, Question, Resource, Track)
    ]
    digest = blake2b(repr((__version__, shape)).encode(), digest_size=20)
    for root in dict.fromkeys((workspace.root, packaged_content())):
        for path in (f"{root}/{ROADMAP}", *_module_files(f"{root}/{CURRICULUM}")):
            content = _bytes(path)
            digest.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            digest.update(content)
    return digest.hexdigest()


def _module_files(curriculum: str) -> list[str]:
    try:
        return [f"{curriculum}/{name}/module.yaml" for name in sorted(os.listdir(curriculum))]
    except OSError:
        return []


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def _path(workspace: Workspace) -> Path | None:
    name = blake2b(os.fsencode(workspace.root), digest_size=8).hexdigest()
    folder = _folder()
    return folder / "scratchmark" / f"roadmap-{name}.json" if folder else None


def _folder() -> Path | None:
    named = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    if named and os.path.isabs(named):
        return Path(named)
    try:
        return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    except RuntimeError:
        return None


def _kept(path: Path, key: str) -> Roadmap | None:
    """What the file holds if it is whole and of this key; the checksum also catches a flipped bit."""
    try:
        head, body = path.read_bytes().split(b"\n", 1)
        if head.decode() == f"{key} {_checksum(body)}":
            return _roadmap(*json.loads(body))
    except (OSError, ValueError, TypeError):
        pass
    return None


def _keep(path: Path, key: str, roadmap: Roadmap) -> None:
    """Best effort: a cache that cannot be written is only slower."""
    body = json.dumps(
        [roadmap.title, *map(_row, (roadmap.modules, [*roadmap.topics.values()], roadmap.tracks))]
    ).encode()
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(f"{key} {_checksum(body)}\n".encode() + body)
        os.replace(scratch, path)
    except OSError:
        with suppress(OSError):
            scratch.unlink()


def _checksum(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def _row(rows: Any) -> list[Any]:
    return [astuple(row) for row in rows]


def _roadmap(title: str, modules: list[Any], topics: list[Any], tracks: list[Any]) -> Roadmap:
    return Roadmap(
        title,
        tuple(Module(id, name, takeaway, tuple(needs), tuple(ids)) for id, name, takeaway, needs, ids in modules),
        {row[0]: _topic(*row) for row in topics},
        tuple(Track(id, name, tuple(ids)) for id, name, ids in tracks),
    )


def _topic(
    id: str,
    title: str,
    module: str,
    level: str,
    hours: float,
    needs: Any,
    after: Any,
    lesson: Any,
    *lists: Any,
) -> Topic:
    tasks, questions, resources = lists
    return Topic(
        id,
        title,
        module,
        level,
        hours,
        tuple(needs),
        tuple(after),
        lesson,
        tuple(_task(*row) for row in tasks),
        tuple(Question(*row) for row in questions),
        _resources(resources),
    )


def _task(id: str, kind: str, text: str, hours: Any, optional: bool, exercise: Any, planned: bool, links: Any) -> Task:
    return Task(id, kind, text, hours, optional, exercise, planned, _resources(links))


def _resources(rows: list[Any]) -> tuple[Resource, ...]:
    return tuple(Resource(*row) for row in rows)
