"""The oracles of entropy against scipy, and against the chain rule."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "information-theory" / "entropy"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("entropy_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "sizes", [{}, {"axis": 0}, {"base": 2}, {"kind": "some zeros"}, {"kind": "one-hot"}, {"b": 2, "axis": 1}]
)
def test_entropy_is_scipys(spec, sizes):
    stats = pytest.importorskip("scipy.stats")
    x = spec.inputs(np.random.default_rng(1), **sizes)
    want = stats.entropy(x["p"], base=x.get("base"), axis=x.get("axis", -1))
    np.testing.assert_allclose(spec.entropy(**x), want, atol=1e-14)


@pytest.mark.parametrize("sizes", [{}, {"kind": "some zeros", "q_kind": "as p"}, {"q_kind": "less than p"}])
def test_cross_entropy_is_entropy_and_divergence(spec, sizes):
    special = pytest.importorskip("scipy.special")
    x = spec.pair_inputs(np.random.default_rng(2), **sizes)
    want = special.entr(x["p"]).sum(axis=-1) + special.rel_entr(x["p"], x["q"]).sum(axis=-1)
    np.testing.assert_allclose(spec.cross_entropy(**x), want, atol=1e-14)


@pytest.mark.parametrize("kind", ["dense", "some zeros", "a row of zeros", "the row tells the column", "independent"])
def test_the_chain_rule(spec, kind):
    stats = pytest.importorskip("scipy.stats")
    p = spec.table_inputs(np.random.default_rng(3), kind=kind)["p"]
    joint, rows = stats.entropy(p.ravel()), stats.entropy(p.sum(axis=1))
    np.testing.assert_allclose(spec.joint_entropy(p), joint)
    np.testing.assert_allclose(spec.conditional_entropy(p), joint - rows, atol=1e-14)
