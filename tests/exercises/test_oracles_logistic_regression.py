"""The oracles of logistic_regression against scikit-learn, scipy and central differences."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "statistical-learning" / "logistic_regression"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("logistic_regression_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def drawn(spec, **params):
    inputs = spec.fit_inputs(np.random.default_rng(5), **params)
    return inputs["x"], np.unique(inputs["y"], return_inverse=True)[1]


def test_iris_is_fitted_as_scikit_learn_does(spec):
    datasets = pytest.importorskip("sklearn.datasets")
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = datasets.load_iris(return_X_y=True)
    model = linear_model.LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000).fit(x, y)
    w, b = spec.minimum(x, y, 2.0)
    np.testing.assert_allclose(spec.predict_proba(x, w, b), model.predict_proba(x), atol=1e-4)
    np.testing.assert_allclose(w, model.coef_, atol=1e-3)


def test_two_classes_are_scikit_learns_with_half_the_penalty(spec):
    """The binary model penalizes the difference v of the two rows by l2/2 |v|^2; the rows are -v/2 and v/2."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = drawn(spec, k=2)
    model = linear_model.LogisticRegression(C=1 / 3.0, tol=1e-12, max_iter=10_000).fit(x, y)
    w, b = spec.minimum(x, y, 2 * 3.0)
    np.testing.assert_allclose(w[1] - w[0], model.coef_[0], atol=1e-4)
    np.testing.assert_allclose(b[1] - b[0], model.intercept_[0], atol=1e-4)


def test_probabilities_are_scipys(spec):
    special = pytest.importorskip("scipy.special")
    inputs = spec.proba_inputs(np.random.default_rng(1))
    want = special.softmax(inputs["x"] @ inputs["w"].T + inputs["b"], axis=1)
    np.testing.assert_allclose(spec.predict_proba(**inputs), want, rtol=1e-13)


def test_the_gradient_is_the_derivative_of_the_loss(spec):
    rng = np.random.default_rng(2)
    x, y = drawn(spec)
    w, b, v, u = (rng.standard_normal(shape) for shape in ((3, 3), 3, (3, 3), 3))
    dw, db = spec.gradient(x, y, w, b, 1.5)
    ahead, behind = (spec.loss(x, y, w + h * v, b + h * u, 1.5) for h in (1e-6, -1e-6))
    np.testing.assert_allclose((ahead - behind) / 2e-6, np.sum(dw * v) + np.sum(db * u), rtol=1e-7)


@pytest.mark.parametrize("l2", [0.0, 2.0])
def test_the_first_step_is_the_one_that_empties_a_linear_gradient(spec, l2):
    """A Newton step solves gradient(0) + (its derivative at 0)(step) = 0; here by central differences."""
    x, y = drawn(spec)
    w, b = spec.first_newton_step(x, y, l2)
    zero = spec.gradient(x, y, 0 * w, 0 * b, l2)
    ahead, behind = (spec.gradient(x, y, h * w, h * b, l2) for h in (1e-5, -1e-5))
    for at_zero, forward, backward in zip(zero, ahead, behind, strict=True):
        np.testing.assert_allclose(at_zero + (forward - backward) / 2e-5, 0 * at_zero, atol=1e-6)
    np.testing.assert_allclose([*w.sum(axis=0), b.sum()], 0, atol=1e-12)
