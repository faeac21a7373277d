"""The oracles of perceptron against scikit-learn's Perceptron, a largest margin and scipy's sigmoid."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "perceptron"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("perceptron_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(5))
def test_the_rule_is_scikit_learns(spec, seed):
    linear_model = pytest.importorskip("sklearn.linear_model")
    inputs = spec.fit_inputs(np.random.default_rng(seed), n=20, d=2, max_epochs=2000)
    w, b, _, converged = spec.perceptron_fit(**inputs)
    model = linear_model.Perceptron(shuffle=False, max_iter=2000, tol=None, alpha=0.0).fit(inputs["x"], inputs["y"])
    assert converged
    np.testing.assert_array_equal(model.coef_[0], w)
    np.testing.assert_array_equal(model.intercept_[0], b)


def test_novikoffs_bound_holds_with_the_largest_margin(spec):
    svm = pytest.importorskip("sklearn.svm")
    inputs = spec.fit_inputs(np.random.default_rng(1), n=20, d=2, max_epochs=5000)
    samples = np.column_stack([inputs["x"], np.ones(20)])
    plane = svm.LinearSVC(C=1e6, fit_intercept=False, max_iter=1_000_000).fit(samples, inputs["y"]).coef_[0]
    margin = (inputs["y"] * (samples @ plane)).min() / np.linalg.norm(plane)
    mistakes = spec.perceptron_fit(**inputs)[2]
    assert margin > 0
    assert mistakes <= (np.linalg.norm(samples, axis=1).max() / margin) ** 2


@pytest.mark.parametrize("kind", ["", "huge", "zero"])
def test_the_sigmoid_is_scipys(spec, kind):
    special = pytest.importorskip("scipy.special")
    inputs = spec.neuron_inputs(np.random.default_rng(2), kind=kind)
    want = special.expit(inputs["x"] @ inputs["w"] + inputs["b"])
    np.testing.assert_allclose(spec.neuron(**inputs, act="sigmoid"), want, rtol=1e-12)
    if kind == "zero":
        np.testing.assert_array_equal(want, np.full(5, 0.5))
