"""The shipped side of an exercise: its folder's spec, template, examples, drive and solutions. Runs no learner's code."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import spec


class SpecBroken(Exception):
    """The exercise itself is at fault, not the answer: verdict 'spec broken', exit 3."""


@dataclass(frozen=True)
class Example:
    """A worked example: a `test_...(answer)` function of test_implementation.py; its docstring is the sentence."""

    function: Callable[[Any], None]

    @property
    def name(self) -> str:
        return self.function.__name__.removeprefix("test_").replace("_", " ")

    @property
    def sentence(self) -> str:
        return (self.function.__doc__ or self.name).strip().splitlines()[0]


@dataclass(frozen=True)
class Shipped:
    """An exercise as shipped. What costs time or can fail is read when it is first asked for."""

    id: str
    folder: Path

    @cached_property
    def exercise(self) -> spec.Exercise:
        module = _module(f"scratchmark_spec_{self.id}", self.folder / "spec.py")
        exercise = getattr(module, "EXERCISE", None)
        if not isinstance(exercise, spec.Exercise):
            raise SpecBroken(f"{self.folder / 'spec.py'}: there is no EXERCISE = Exercise(...)")
        return exercise

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The worked examples, in the file's order."""
        path = self.folder / "test_implementation.py"
        if not path.exists():
            return ()
        module = _module(f"scratchmark_examples_{self.id}", path)
        functions = [f for n, f in vars(module).items() if n.startswith("test_") and inspect.isfunction(f)]
        return tuple(Example(f) for f in functions)

    @property
    def drive(self) -> str | None:
        """The text of drive.py: the only exercise file that a worker is given."""
        path = self.folder / "drive.py"
        return path.read_text("utf-8") if path.exists() else None

    @property
    def reference(self) -> Path:
        return self.folder / "solutions" / "reference.py"

    @property
    def solutions(self) -> list[Path]:
        return sorted((self.folder / "solutions").glob("*.py"))

    def solution_backends(self, path: Path) -> tuple[str, ...]:
        """Which backends a solution is for, by its name: with_torch*, triton_*, with_cupy*; else all of the policy's."""
        backends = self.exercise.policy.backends
        if path.stem.startswith(("with_torch", "torch")):
            return tuple(b for b in backends if b == "torch")
        if path.stem.startswith("triton"):
            return ("triton",)
        if path.stem.startswith("with_cupy"):
            return ("cupy",)
        portable = "array_namespace" in path.read_text("utf-8")
        return tuple(b for b in backends if b != "triton") if portable else ("numpy",)

    def reference_for(self, backend: str) -> Path:
        """The sound implementation of that backend: reference.py where it serves it, else the first solution that does."""
        for path in (self.reference, *self.solutions):
            if backend in self.solution_backends(path):
                return path
        raise SpecBroken(f"{self.id} has no solution for the backend {backend!r}")

    @property
    def spec_hash(self) -> str:
        """Hash of what decides a verdict: spec.py, drive.py, examples, solutions used as yardsticks, data."""
        data = (self.folder / name for name in self.exercise.data)
        paths = [
            self.folder / "spec.py",
            self.folder / "drive.py",
            self.folder / "test_implementation.py",
            *self.solutions,
            *data,
        ]
        digest = hashlib.sha256()
        for path in paths:
            if path.exists():
                digest.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def _module(name: str, path: Path) -> ModuleType:
    """Import one of our own files by its path. Raises SpecBroken, naming the file, for whatever it raises."""
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None or not path.exists():
        raise SpecBroken(f"{path}: no such file")
    module = importlib.util.module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except ImportError as error:
        raise SpecBroken(f"{path}: {error}; install the extra it needs: pip install 'scratchmark[oracles]'") from error
    except Exception as error:
        raise SpecBroken(f"{path}: {type(error).__name__}: {error}") from error
    return module
