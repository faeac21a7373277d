"""Are the verifications of qr_householder right? They accept sound methods on every case, and refuse near misses."""

from pathlib import Path

import numpy as np
import pytest
import scipy.linalg

from harness.calls import cast, for_oracle
from harness.catalog import Shipped
from harness.check import Broken, Checks

EXERCISE = Shipped(
    "qr_householder", Path(__file__).parents[2] / "curriculum" / "linear-algebra" / "qr_householder"
).exercise
QR, LSTSQ = EXERCISE.part("qr"), EXERCISE.part("lstsq")


def drawn(part, case, dtype, seed=0):
    return cast(part.inputs(np.random.default_rng(seed), **case.params), dtype)


def every(part):
    return [(case, dtype) for case in part.cases for dtype in part.types_of(case)]


def by_numpy(a):
    return np.linalg.qr(a)


def by_scipy(a):
    return scipy.linalg.qr(a, mode="economic")


def by_torch(a):
    torch = pytest.importorskip("torch")
    return tuple(factor.numpy() for factor in torch.linalg.qr(torch.from_numpy(a)))


@pytest.mark.parametrize("library", [by_numpy, by_scipy, by_torch])
def test_qr_accepts_what_libraries_give(library):
    for case, dtype in every(QR):
        inputs = drawn(QR, case, dtype)
        q, r = library(inputs["a"])
        QR.verify(for_oracle(inputs), (q, np.triu(r)), Checks(dtype))


@pytest.mark.parametrize("driver", ["gelsd", "gelsy", "gelss"])
def test_lstsq_accepts_what_lapack_gives(driver):
    for case, dtype in every(LSTSQ):
        inputs = drawn(LSTSQ, case, dtype)
        with np.errstate(over="ignore"):  # of the residual's square, which scipy returns too
            x = scipy.linalg.lstsq(inputs["a"], inputs["b"], lapack_driver=driver)[0]
        LSTSQ.verify(for_oracle(inputs), x, Checks(dtype))


def test_signs_are_free():
    inputs = drawn(QR, QR.cases[1], "float64")
    q, r = np.linalg.qr(inputs["a"])
    flip = np.array([1.0, -1.0, -1.0, 1.0])
    QR.verify(for_oracle(inputs), (q * flip, flip[:, None] * r), Checks("float64"))


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("zero below", lambda q, r: (q, r + 1e-17)),
        ("transposed", lambda q, r: (q.T, r)),
        ("but for signs", lambda q, r: (-q, r)),
        ("is not a", lambda q, r: (q, r * (1 + 1e-9))),
        ("not orthonormal", lambda q, r: (q / 2, 2 * r)),
    ],
)
def test_near_misses_are_refused_in_words(words, change):
    inputs = drawn(QR, QR.cases[0], "float64")
    with pytest.raises(Broken, match=words):
        QR.verify(for_oracle(inputs), change(*np.linalg.qr(inputs["a"])), Checks("float64"))


def test_normal_equations_are_refused_where_the_condition_is_large():
    case = next(case for case in LSTSQ.cases if case.name == "condition 1e8")
    for seed in range(20):
        inputs = drawn(LSTSQ, case, "float64", seed)
        a, b = inputs["a"], inputs["b"]
        with pytest.raises(Broken):
            LSTSQ.verify(for_oracle(inputs), np.linalg.solve(a.T @ a, a.T @ b), Checks("float64"))
