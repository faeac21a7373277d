"""The skeleton of a new exercise: five files whose TODOs `harness lint` lists. Never writes over anything that is there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tracker.errors import UserError
from tracker.workspace import CURRICULUM, RESERVED_IDS, Workspace, did_you_mean, exercise_folders

_ID = re.compile(r"[a-z][a-z0-9_]*")
_MARK = re.compile(r"\bTODO\b:? ?(.*)")

_TEMPLATE = '''\
"""NAME: your template. TODO: say here what holds for all parts: dtypes, shapes, what must stay untouched."""


def NAME(x):
    """TODO: what it returns, the shape of every argument and result, the source with its link."""
    raise NotImplementedError("write NAME() in impls/NAME/NAME.py")
'''
_EXAMPLES = '''\
"""Worked examples for NAME, checkable with a pencil: pytest test_implementation.py"""

import numpy as np


def test_one_by_hand(answer):
    """TODO: an example that is small enough for a pencil."""
    np.testing.assert_array_equal(answer(x=np.array([1.0, 2.0])), [2.0, 4.0])
'''
_SPEC = '''\
"""NAME: what an answer must do, and what it costs. TODO: the sources."""

from harness.spec import Cost, Exercise, Mistake, Part, Timing, case


def NAME(x):
    """Oracle, in float64. TODO: the plainest formula, another one than the solutions'."""
    return x + x


def inputs(rng, m=4, n=7):
    return {"x": rng.standard_normal((m, n))}


def rows_are_on_their_own(answer, x, check):
    """The first row's result does not depend on the others. TODO: a sentence that holds for every right answer."""
    check.close(answer(x=x["x"][:1]), answer(**x)[:1], "the first row alone")


def cost(itemsize, m, n):
    """TODO: operations of one call, and its bytes if each array is touched once."""
    return Cost(flops=m * n, bytes_moved=2 * itemsize * m * n)


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "NAME",
            inputs,
            cases=(
                case("matrix"),
                # TODO: the edges: what overflows, cancels, is empty, has one entry
                case("no rows", m=0, mark="robust", why="an empty batch comes back empty"),
            ),
            oracle=NAME,
            properties=(rows_are_on_their_own,),
        ),
    ),
    timings=(Timing(case("a million entries", m=1000, n=1000), cost, yardstick={"numpy": "vectorized.py"}),),
    mistakes=(
        # TODO: wrong answers that people really write; `find` occurs once in solutions/reference.py
        Mistake("squares instead of doubling", "2 * x", "x * x", caught_by="NAME/matrix"),
    ),
    hints=(
        "TODO: a nudge",
        "TODO: the way",
        "TODO: nearly the answer",
    ),
)
'''
_REFERENCE = '''\
"""TODO: the solution that one reads to understand."""


def NAME(x):
    return 2 * x
'''
_VECTORIZED = '''\
"""TODO: a second solution, written in another way: the fastest that you can."""

import numpy as np


def NAME(x):
    return np.add(x, x)
'''
_FILES = {
    "exercise.py": _TEMPLATE,
    "test_implementation.py": _EXAMPLES,
    "solutions/reference.py": _REFERENCE,
    "solutions/vectorized.py": _VECTORIZED,
    "spec.py": _SPEC,  # last: it makes the folder an exercise
}


def write(place: Workspace, name: str) -> tuple[Path, ...]:
    """Write the skeleton of 'module/exercise' into the workspace's own curriculum; the files. Raises UserError."""
    module, _, exercise = name.partition("/")
    _refuse(place, module, exercise)
    folder = place.root / CURRICULUM / module / exercise
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} has files in it already", "choose another id, or move them away")
    try:
        return tuple(_written(folder / file, text.replace("NAME", exercise)) for file, text in _FILES.items())
    except OSError as error:
        raise UserError(f"cannot write in {folder}: {error.strerror or error}", "make it writable") from error


def task_line(exercise: str) -> str:
    """The line of module.yaml by which the roadmap knows it, to stand among a topic's tasks."""
    return f"- {{kind: implement, text: What is to be written, hours: 1, exercise: {exercise}}}"


def unfinished(folder: Path) -> Iterator[str]:
    """A sentence for each TODO in the exercise's files, in the order in which one works on them."""
    order = {name: number for number, name in enumerate(_FILES)}
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    for name in sorted(paths, key=lambda name: (order.get(name, len(order)), name)):
        for number, line in enumerate(paths[name].read_text("utf-8").splitlines(), start=1):
            if found := _MARK.search(line):
                words = found[1].removesuffix('"""').rstrip('",')
                yield f"{name} line {number} is still to do: {words}".rstrip(": ")


def _refuse(place: Workspace, module: str, exercise: str) -> None:
    """Raises UserError where that name cannot become an exercise."""
    if not exercise or "/" in exercise:
        raise UserError(f"{module}/{exercise}: a module and an id are wanted", "harness new neural-networks/relu")
    modules = _modules(place)
    if module not in modules:
        near = did_you_mean(module, modules)
        own = f"for one of your own, put `- id: {module}` under `modules:` in roadmap.yaml and write curriculum/{module}/module.yaml"
        raise UserError(f"there is no module {module!r}", f"{near}, or {own}" if near else own)
    if not _ID.fullmatch(exercise) or exercise in RESERVED_IDS:
        raise UserError(
            f"{exercise!r} cannot be an exercise's id",
            "an id is small letters, digits and _, begins with a letter, and is none of "
            + ", ".join(sorted(RESERVED_IDS)),
        )
    if exercise in (known := exercise_folders(place)):
        raise UserError(f"there is an exercise {exercise!r} already: {known[exercise]}", "choose another id")


def _modules(place: Workspace) -> list[str]:
    found = {path.parent.name for content in place.content for path in content.glob(f"{CURRICULUM}/*/module.yaml")}
    return sorted(found)


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return path
