"""Solutions that will serve CuPy, which no machine here can run: on arrays that can do what the array API says, and nothing else.

What these solutions do with torch the judge sees: `harness lint --backend torch --right-answers --seeds 1`, in `make test`.
"""

import importlib.util
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from harness import backends, calls, wire
from harness.catalog import Shipped

strict = pytest.importorskip("array_api_strict")

CURRICULUM = Path(__file__).parents[2] / "curriculum"
SHIPPED = [Shipped(path.parent.name, path.parent) for path in sorted(CURRICULUM.glob("*/*/spec.py"))]
# What these do beyond the standard, numpy, torch and CuPy all can; so only torch is their test here.
BEYOND = {
    "backprop_mlp/reference": "len(x)",
    "kmeans/matrix_products": "an index array beside a slice",
    "logistic_regression/reference": "len(x)",
    "matmul/reference": "drive.py lays arrays out by each library's own calls",
    "pca/reference": "an index array beside a slice",
    "pca/smaller_side": "an index array beside a slice",
    "perceptron/reference": "x[0] of a matrix",
    "qr_householder/reference": "x.max()",
    "resnet_block/reference": "bools times floats",
    "sgd_minibatch/with_array_api": "drive.py asks for x.tolist()",
    "svd/round_robin": "an index array beside a slice",
    "svd_image_compression/reference": "a slice past the end",
    "svd_image_compression/small_products": "a slice past the end",
    "symmetric_eig/reference": "x.max()",
    "symmetric_eig/round_robin": "an index array beside a slice",
}


FILES = [
    (shipped, path)
    for shipped in SHIPPED
    for path in shipped.solutions
    if {"numpy", "cupy"} <= set(shipped.solution_backends(path))
]


def named(shipped, path):
    name = f"{shipped.id}/{path.stem}"
    marks = pytest.mark.xfail(reason=BEYOND[name], strict=True) if name in BEYOND else ()
    return pytest.param(shipped, path, id=name, marks=marks)


def test_each_exercise_that_lists_cupy_has_such_a_solution() -> None:
    listing = {shipped.id for shipped in SHIPPED if "cupy" in shipped.exercise.policy.backends}
    assert listing == {shipped.id for shipped, _ in FILES}


@pytest.mark.parametrize(("shipped", "path"), [named(*file) for file in FILES])
def test_arrays_of_the_standard_alone_give_what_numpy_gives(shipped: Shipped, path: Path) -> None:
    answer, drive = module(path), module(shipped.folder / "drive.py") if shipped.drive else None
    for part in shipped.exercise.parts:
        for case in part.cases:
            inputs = drawn(part, case)
            if inputs is not None:
                want, got = (
                    leaves(called(answer, drive, part.name, inputs, to)) for to in (np.asarray, strict.asarray)
                )
                assert [alike(*pair) for pair in zip(got, want, strict=True)] == [True] * len(want), case.name


def module(path):
    found = importlib.util.spec_from_file_location(f"{path.parents[1].name}_{path.stem}", path)
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


def drawn(part, case):
    """The inputs, in float32 if the case has that; None where nothing comes back, or only half precision, which CuPy is not asked for.

    A training goes one step or epoch.
    """
    dtype = next((d for d in ("float32", "float64", None) if d in part.types_of(case)), "")
    if case.raises or dtype == "":
        return None
    inputs = calls.crossing(calls.draw(part, case, dtype, seed=7).inputs)
    return {**inputs, **{name: 1 for name in ("epochs", "steps") if part.training and name in inputs}}


def called(answer, drive, part, inputs, to):
    """What the worker would do with arrays that `to` makes."""

    def arrive(value):
        if isinstance(value, wire.Rng):
            return Chance(backends.Numpy().rng(value), to)
        return to(value.copy()) if isinstance(value, np.ndarray) else value

    given = calls.map_leaves(arrive, inputs)
    with np.errstate(all="ignore"):
        result = getattr(drive, part)(answer, **given) if hasattr(drive, part) else getattr(answer, part)(**given)
        return next(result) if isinstance(result, Generator) else result


class Chance:
    """numpy's generator, but what it draws are the library's arrays, as CuPy's are."""

    def __init__(self, rng, to):
        self.rng, self.to = rng, to

    def __getattr__(self, name):
        def draw(*sizes, **options):
            drawn = getattr(self.rng, name)(*sizes, **options)
            return self.to(drawn) if isinstance(drawn, np.ndarray) else drawn

        return draw


def leaves(outputs):
    """The arrays and numbers of nested outputs."""
    return [a for one in outputs for a in leaves(one)] if isinstance(outputs, (list, tuple)) else [outputs]


def alike(got, want):
    """The same type of thing, dtype and numbers, as near as two ways of summing are."""
    if not isinstance(want, (np.ndarray, np.generic)):
        return type(got) is type(want) and (got == want or got != got)
    assert type(got) is type(strict.asarray(0.0))
    got, scale = np.from_dlpack(got), np.max(np.abs(want), where=np.isfinite(want), initial=1e-30)
    return got.dtype == want.dtype and np.allclose(got, want, rtol=1e-4, atol=1e-4 * scale, equal_nan=True)
