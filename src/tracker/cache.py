"""The roadmap without reading YAML: the result of the last good reading, kept as JSON while the files say the same.

Knows no rule of the roadmap; `compiler` does, and is loaded (with pydantic and yaml) only when a file has changed.
"""

from __future__ import annotations

import json
import os
from hashlib import blake2b
from typing import Any

from tracker import __version__, kept
from tracker.roadmap import Module, Paper, Question, Resource, Roadmap, Schedule, Section, Slot, Task, Topic, Track
from tracker.workspace import CURRICULUM, ROADMAP, Workspace, packaged_content

# Fields that JSON keeps as lists: of plain values (None) or of rows of a kind.
_LISTS: dict[Any, dict[str, Any]] = {
    Resource: {},
    Question: {},
    Paper: {},
    Task: {"after": None, "resources": Resource},
    Topic: {"needs": None, "after": None, "tasks": Task, "papers": Paper, "questions": Question, "resources": Resource},
    Module: {"needs": None, "topics": None},
    Section: {"topics": None, "hours": None},
    Track: {"sections": Section},
    Slot: {"topics": None},
    Schedule: {"slots": Slot, "hours_per_week": None},
    Roadmap: {"modules": Module, "topics": Topic, "tracks": Track, "schedules": Schedule, "resources": Resource},
}


def load(workspace: Workspace) -> Roadmap:
    """The workspace's roadmap. Raises SourceError with every problem where it does not hold together."""
    path, key = kept.path(workspace, "roadmap"), _key(workspace)
    body = kept.read(path, key)
    found = _thaw(body) if body is not None else None
    if found is not None:
        return found
    from tracker import compiler

    roadmap = compiler.compile_roadmap(workspace)
    kept.write(path, key, _freeze(roadmap))
    return roadmap


def _key(workspace: Workspace) -> str:
    """Changes with the content of any file that the roadmap is made from, with the kinds of plain data, with the version."""
    shape = [kind._fields for kind in _LISTS]
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


def _freeze(roadmap: Roadmap) -> bytes:
    flat = roadmap._replace(topics=tuple(roadmap.topics.values()))  # type: ignore[arg-type]  # ids are in them already
    return json.dumps(flat).encode()


def _thaw(body: bytes) -> Roadmap | None:
    try:
        found: Roadmap = _thawed(Roadmap, json.loads(body))
    except (ValueError, TypeError, LookupError):
        return None
    return found._replace(topics={topic.id: topic for topic in found.topics})  # type: ignore[attr-defined,misc]  # a tuple here


def _thawed(kind: Any, row: list[Any]) -> Any:
    """A row as the kind that it was: lists back to tuples, rows inside them to theirs."""
    for place, inner in _PLACES[kind]:
        values = row[place]
        if values:
            row[place] = tuple(values) if inner is None else tuple([_thawed(inner, value) for value in values])
        elif values is not None:
            row[place] = ()
    return kind._make(row)


def _places(kind: Any, lists: dict[str, Any]) -> list[tuple[int, Any]]:
    return [(kind._fields.index(name), inner) for name, inner in lists.items()]


_PLACES = {kind: _places(kind, lists) for kind, lists in _LISTS.items()}
