"""Solutions that serve several libraries, where there is no GPU for CuPy: by the array API's strict library, and by torch."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from harness import calls
from harness.catalog import Shipped

CURRICULUM = Path(__file__).parents[2] / "curriculum"
CHECKED = ("softmax", "layer_norm", "attention", "matmul")  # whose parts are plain functions of arrays
FILES = [
    path
    for exercise in CHECKED
    for path in sorted(CURRICULUM.glob(f"*/{exercise}/solutions/*.py"))
    if "array_namespace" in path.read_text("utf-8")
]


def library(name):
    """(from numpy, to numpy) of a library."""
    xp = pytest.importorskip(name)
    return (xp.from_numpy, lambda a: a.numpy()) if name == "torch" else (xp.asarray, np.from_dlpack)


def converted(value, convert):
    if isinstance(value, (list, tuple)):
        return type(value)(converted(v, convert) for v in value)
    return convert(value) if isinstance(value, np.ndarray) else value


def solution(path):
    found = importlib.util.spec_from_file_location(f"array_api_{path.parents[1].name}_{path.stem}", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def ordinary(part):
    """Cases whose inputs are arrays and plain numbers; how arrays lie in memory is drive.py's to say, not theirs."""
    for case in part.cases:
        call = calls.draw(part, case, "float32", seed=7)
        plain = [v for v in calls.crossing(call.inputs).values() if not isinstance(v, (np.ndarray, int, float))]
        if not plain and case.dtypes is None and not case.raises:
            yield case


def test_each_of_these_exercises_has_such_a_solution():
    assert {path.parents[1].name for path in FILES} == set(CHECKED)


@pytest.mark.parametrize("name", ["array_api_strict", "torch"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parents[1].name)
def test_another_library_gives_what_numpy_gives(path, name):
    there, back = library(name)
    shipped, module = Shipped(path.parents[1].name, path.parents[1]), solution(path)
    for part in shipped.exercise.parts:
        for case in ordinary(part):
            inputs = calls.crossing(calls.draw(part, case, "float32", seed=7).inputs)
            compare(getattr(module, part.name), inputs, there, back, f"{part.name}/{case.name}")


def leaves(outputs):
    """The arrays of nested outputs."""
    return [a for one in outputs for a in leaves(one)] if isinstance(outputs, (list, tuple)) else [outputs]


def compare(function, inputs, there, back, name):
    with np.errstate(all="ignore"):
        want = function(**inputs)
        got = function(**{key: converted(value, there) for key, value in inputs.items()})
    for ours, theirs in zip(leaves(want), leaves(got), strict=True):
        theirs, scale = back(theirs), np.max(np.abs(ours), where=np.isfinite(ours), initial=1e-30)
        assert theirs.dtype == ours.dtype, name
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-4 * scale, err_msg=name)
