"""The oracle of linear_regression against scikit-learn and LAPACK's least squares, and the lesson on diabetes."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "statistical-learning" / "linear_regression"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("linear_regression_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def diabetes():
    datasets = pytest.importorskip("sklearn.datasets")
    return datasets.load_diabetes(return_X_y=True)


@pytest.mark.parametrize("l2", [0.0, 0.01, 3.0])
def test_diabetes_is_fitted_as_scikit_learn_does(spec, diabetes, l2):
    linear_model = pytest.importorskip("sklearn.linear_model")
    model = linear_model.Ridge(alpha=l2, solver="svd") if l2 else linear_model.LinearRegression()
    model.fit(*diabetes)
    w, b = spec.fit(*diabetes, l2)
    np.testing.assert_allclose(w, model.coef_, rtol=1e-9)
    np.testing.assert_allclose(b, model.intercept_, rtol=1e-12)


@pytest.mark.parametrize(("n", "d", "kind"), [(5, 9, ""), (8, 8, ""), (40, 4, "a copy"), (64, 6, "a sum")])
def test_of_many_answers_it_is_the_shortest(spec, n, d, kind):
    """lstsq gives the answer of smallest norm; on centred data the intercept is no part of it."""
    inputs = spec.inputs(np.random.default_rng(3), n=n, d=d, kind=kind)
    x, y = inputs["x"], inputs["y"]
    want = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(), rcond=1e-10)[0]
    w, b = spec.fit(x, y)
    np.testing.assert_allclose(w, want, atol=1e-12)
    np.testing.assert_allclose(b, y.mean() - x.mean(axis=0) @ want, atol=1e-12)


def test_the_drawn_intercept_is_the_height_that_was_asked(spec):
    inputs = spec.inputs(np.random.default_rng(3), height=7.0, l2=5.0)
    np.testing.assert_allclose(spec.fit(**inputs)[1], 7.0, rtol=1e-13)


def test_nearly_dependent_columns_have_the_condition_number_that_is_said(spec):
    x = spec.inputs(np.random.default_rng(3), d=6, kind="nearly dependent", mean=0.0)["x"]
    np.testing.assert_allclose(np.linalg.cond(x - x.mean(axis=0)), spec.CONDITION, rtol=1e-3)
