"""YAML text as plain data, and where in the text a thing stands. Knows nothing of what the data means."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tracker.errors import UserError

Loc = tuple[str | int, ...]
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Problem:
    """One fault in one file; `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.message}"


@dataclass(frozen=True)
class Document:
    """A file's text and data; `name` is how messages call it."""

    name: str
    text: str
    data: Any

    def problem(self, loc: Loc, message: str) -> Problem:
        return Problem(self.name, self.line(loc), message)

    def line(self, loc: Loc) -> int:
        """The line of the thing at `loc`, or of the nearest thing around it. Parses the text again: only for messages."""
        node, line = yaml.compose(self.text, Loader=_Base), 1
        for step in loc:
            found = _inside(node, step)
            if found is None:
                break
            line, node = found
        return line


class SourceError(UserError):
    """Files with faults: all of them, each with its place."""

    def __init__(self, problems: list[Problem], where: str = "the roadmap") -> None:
        self.problems = tuple(dict.fromkeys(problems))
        count = f"{len(self.problems)} problem{'s' if len(self.problems) > 1 else ''} in {where}"
        super().__init__(f"{count}:\n" + "\n".join(f"  {problem}" for problem in self.problems))


def read(path: Path, name: str) -> Document:
    """The file's data. Raises SourceError where it is no UTF-8, no YAML or gives a key twice, UserError where it cannot be read."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError([Problem(name, 1, f"this is not UTF-8: {error}")]) from error
    except OSError as error:
        raise UserError(f"cannot read {name}: {error.strerror or error}") from error
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """As `read`, of text that is there already."""
    loader = _Loader(text)
    try:
        with _no_collection():
            data = loader.get_single_data()
    except yaml.YAMLError as error:
        mark, fault = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = mark.line + 1 if mark else 1
        raise SourceError([Problem(name, line, f"this is no valid YAML: {fault or error}")]) from error
    finally:
        loader.dispose()
    if loader.twice:
        raise SourceError(
            [
                Problem(name, again, f"{key!r} is given twice, first in line {first}")
                for key, first, again in loader.twice
            ]
        )
    return Document(name, text, data)


class _Loader(_Base):  # type: ignore[misc]  # PyYAML comes without types
    """PyYAML keeps the second of two equal keys in silence; this one notes both lines."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.twice: list[tuple[str, int, int]] = []

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        first: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, line) != line:
                self.twice.append((key.value, first[key.value], line))
        return super().construct_mapping(node, deep)


@contextmanager
def _no_collection() -> Iterator[None]:
    """The collector walks all that was built so far, again and again: 1,309 ms instead of 390 at 5,000 topics."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _inside(node: Any, step: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        pairs = ((key, value) for key, value in node.value if key.value == str(step))
        return next(((key.start_mark.line + 1, value) for key, value in pairs), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None
