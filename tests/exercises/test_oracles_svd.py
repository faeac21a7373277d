"""Is svd's verify right? Accepts what trusted libraries give on every case, and each freedom; refuses near misses."""

import re
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg

from harness.calls import cast, for_oracle
from harness.catalog import Shipped
from harness.check import Broken, Checks

FOLDER = Path(__file__).parents[2] / "curriculum" / "linear-algebra" / "svd"
PART = Shipped("svd", FOLDER).exercise.part("svd")
CASES = {case.name: case for case in PART.cases}


def draw(name, dtype="float64", seed=0):
    return cast(PART.inputs(np.random.default_rng(seed), **CASES[name].params), dtype)


def judge(inputs, outputs, dtype="float64"):
    PART.verify(for_oracle(inputs), outputs, Checks(dtype))


def by_numpy(a):
    return np.linalg.svd(a, full_matrices=False)


def by_qr_iterations(a):
    return scipy.linalg.svd(a, full_matrices=False, lapack_driver="gesvd")


def by_torch(a):
    torch = pytest.importorskip("torch")
    return tuple(factor.numpy() for factor in torch.linalg.svd(torch.from_numpy(a), full_matrices=False))


@pytest.mark.parametrize("library", [by_numpy, by_qr_iterations, by_torch])
@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("no ")])
def test_what_a_library_gives_is_right_on_each_case(name, library):
    for dtype in CASES[name].dtypes or PART.dtypes:
        inputs = draw(name, dtype)
        judge(inputs, library(inputs["a"]), dtype)


def test_signs_are_free():
    inputs = draw("tall")
    u, s, vt = by_numpy(inputs["a"])
    signs = np.array([1, -1, -1, 1, -1])
    judge(inputs, (u * signs, s, vt * signs[:, None]))


def test_the_basis_of_equal_singular_values_is_free():
    inputs = draw("repeated singular values")
    u, s, vt = by_numpy(inputs["a"])
    turn = np.eye(6)
    turn[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    judge(inputs, (u @ turn, s, turn.T @ vt))


def near_misses(u, s, vt):
    flipped = u.copy()
    flipped[:, 0] *= -1
    return {
        "u diag(s) vt is not a": (flipped, s, vt),
        "not in descending order": (u[:, ::-1], s[::-1], vt[::-1]),
        "negative": (u, -s, -vt),
        "squares": (u, s**2, vt),
        "the third output is v": (u, s, vt.T),
        "s differs": (u, s * (1 + 1e-12), vt),
        "columns of u are not orthonormal": (np.c_[u[:, :-1], u[:, 0]], np.append(s[:-1], 0), vt),
        "nan": (u * np.nan, s, vt),
    }


@pytest.mark.parametrize("words", near_misses(*by_numpy(np.eye(3))))
def test_a_near_miss_is_told_in_words(words):
    inputs = {"a": np.diag([3.0, 2.0, 0.0]) @ np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 + np.eye(3))[0]}
    with pytest.raises(Broken, match=re.escape(words)):
        judge(inputs, near_misses(*by_numpy(inputs["a"]))[words])


def test_numpy_knows_the_smallest_singular_value_that_the_property_asks_for():
    """1 / ||a^-1|| is another way to it; both err by some 1e-6, the property allows 1e-4."""
    a = PART.inputs(np.random.default_rng(0), m=7, n=7, kind="ill")["a"]
    truth = 1 / scipy.linalg.svdvals(np.linalg.inv(a))[0]
    assert by_numpy(a)[1][-1] == pytest.approx(truth, rel=2e-5)
