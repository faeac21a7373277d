"""The oracle of matmul against exact arithmetic, and against torch."""

import importlib.util
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "linear-algebra" / "matmul"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("matmul_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", ["normal", "whole", "uneven", "positive"])
def test_matmul_is_the_exact_sum_of_products(spec, kind):
    x = spec.inputs(np.random.default_rng(3), m=4, k=9, n=5, kind=kind)
    rows = [[Fraction(v) for v in row] for row in x["a"].tolist()]
    columns = [[Fraction(v) for v in column] for column in x["b"].T.tolist()]
    exact = [[float(sum(p * q for p, q in zip(r, c, strict=True))) for c in columns] for r in rows]
    bound = 9 * np.finfo(float).eps * (np.abs(x["a"]) @ np.abs(x["b"]))
    assert (np.abs(spec.matmul(**x) - exact) <= bound).all()


@pytest.mark.parametrize("sizes", [{"k": 0}, {"m": 0}, {"n": 1}, {"m": 67, "k": 35, "n": 41}, {"kind": "infinite"}])
def test_matmul_is_torchs(spec, sizes):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(4), **sizes)
    theirs = torch.matmul(torch.from_numpy(x["a"]), torch.from_numpy(x["b"]))
    with np.errstate(invalid="ignore"):  # 0 * inf
        np.testing.assert_allclose(spec.matmul(**x), theirs, rtol=1e-12, atol=1e-12)
