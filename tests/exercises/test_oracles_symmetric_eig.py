"""Are the verifications of symmetric_eig right? They accept LAPACK's drivers on every case, and refuse near misses."""

from pathlib import Path

import numpy as np
import pytest
import scipy.linalg

from harness.calls import cast, for_oracle
from harness.catalog import Shipped
from harness.check import Broken, Checks

EXERCISE = Shipped(
    "symmetric_eig", Path(__file__).parents[2] / "curriculum" / "linear-algebra" / "symmetric_eig"
).exercise
EIGH, POWER = EXERCISE.part("eigh"), EXERCISE.part("power_iteration")


def drawn(part, case, dtype, seed=0):
    return cast(part.inputs(np.random.default_rng(seed), **case.params), dtype)


def every(part):
    return [(case, dtype) for case in part.cases for dtype in part.types_of(case)]


def by_torch(a):
    torch = pytest.importorskip("torch")
    return tuple(factor.numpy() for factor in torch.linalg.eigh(torch.from_numpy(a)))


def by_driver(driver):
    return lambda a: scipy.linalg.eigh(a, driver=driver) if a.size else np.linalg.eigh(a)


LIBRARIES = {"numpy": np.linalg.eigh, "torch": by_torch, "qr": by_driver("ev"), "mrrr": by_driver("evr")}


@pytest.mark.parametrize("library", LIBRARIES)
def test_eigh_accepts_what_libraries_give(library):
    for case, dtype in every(EIGH):
        inputs = drawn(EIGH, case, dtype)
        EIGH.verify(for_oracle(inputs), LIBRARIES[library](inputs["a"]), Checks(dtype))


def test_power_iteration_accepts_the_eigenvector_of_largest_size():
    for case, dtype in every(POWER):
        inputs = drawn(POWER, case, dtype)
        w, v = np.linalg.eigh(inputs["a"].astype(np.float64))
        top = int(np.argmax(np.abs(w)))
        POWER.verify(for_oracle(inputs), (float(w[top]), v[:, top].astype(dtype)), Checks(dtype))


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("not in ascending order", lambda w, v: (w[::-1], v[:, ::-1])),
        ("but for signs", lambda w, v: (np.abs(w), v)),
        ("rows of v", lambda w, v: (w, v.T)),
        ("differs from the eigenvalues", lambda w, v: (w * (1 + 1e-9), v)),
        ("differs from v w", lambda w, v: (w, v[:, ::-1])),
        ("not orthonormal", lambda w, v: (w, 2 * v)),
    ],
)
def test_near_misses_are_refused_in_words(words, change):
    inputs = drawn(EIGH, EIGH.cases[0], "float64")
    with pytest.raises(Broken, match=words):
        EIGH.verify(for_oracle(inputs), change(*np.linalg.eigh(inputs["a"])), Checks("float64"))


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("wrong sign", lambda w, v: (-w, v)),
        ("length", lambda w, v: (w, 2 * v)),
        ("of largest size", lambda w, v: (0.9 * w, v)),
        ("times .lambda.", lambda w, v: (w, (v + 0.01 * np.roll(v, 1)) / np.linalg.norm(v + 0.01 * np.roll(v, 1)))),
    ],
)
def test_near_misses_of_power_iteration_are_refused(words, change):
    inputs = drawn(POWER, POWER.cases[0], "float64")
    w, v = np.linalg.eigh(inputs["a"])
    top = int(np.argmax(np.abs(w)))
    with pytest.raises(Broken, match=words):
        POWER.verify(for_oracle(inputs), change(float(w[top]), v[:, top]), Checks("float64"))
