"""The oracles of naive_bayes against scikit-learn."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "probability" / "naive_bayes"


@pytest.fixture(scope="module")
def spec():
    pytest.importorskip("sklearn")
    found = importlib.util.spec_from_file_location("naive_bayes_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "sizes", [{}, {"names": (3, 7)}, {"kind": "digits"}, {"kind": "constant"}, {"var_smoothing": 0.1}, {"offset": 1e6}]
)
def test_gaussian_is_scikit_learns(spec, sizes):
    bayes = pytest.importorskip("sklearn.naive_bayes")
    x = spec.gaussian_inputs(np.random.default_rng(1), **sizes)
    model = bayes.GaussianNB(var_smoothing=x.get("var_smoothing", 1e-9)).fit(x["x"], x["y"])
    np.testing.assert_allclose(spec.gaussian(**x), model.predict_log_proba(x["new"]), rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(spec.gaussian(**x, ask="labels"), model.predict(x["new"]))


@pytest.mark.parametrize(
    "sizes", [{}, {"names": (3, 7)}, {"kind": "digits"}, {"kind": "a word never seen"}, {"alpha": 0.3}]
)
def test_multinomial_is_scikit_learns(spec, sizes):
    bayes = pytest.importorskip("sklearn.naive_bayes")
    x = spec.counts_inputs(np.random.default_rng(2), **sizes)
    model = bayes.MultinomialNB(alpha=x.get("alpha", 1.0)).fit(x["x"], x["y"])
    np.testing.assert_allclose(spec.multinomial(**x), model.predict_log_proba(x["new"]), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(spec.multinomial(**x, ask="labels"), model.predict(x["new"]))
