"""The gradients of optimizer_comparison's oracle against differences, its softmax loss against scikit-learn, and who the factories are."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "optimization" / "optimizer_comparison"


def loaded(name):
    found = importlib.util.spec_from_file_location(f"optimizer_comparison_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def spec():
    pytest.importorskip("sklearn")
    return loaded("spec")


@pytest.mark.parametrize("kind", ["quadratic", "rosenbrock", "quartic", "softmax"])
def test_gradients_are_derivatives_of_the_loss(spec, kind):
    x = spec.inputs(np.random.default_rng(1), kind=kind, rows=30)
    train, params = x["data"][0], x["starts"][0]
    if kind == "quadratic":
        train = [train[0], 0 * train[1]]  # without the noise
    for j, g in enumerate(spec.grad(kind, params, train)):
        direction = np.random.default_rng(j).standard_normal(g.shape)
        ahead, behind = ([p + s * direction if i == j else p for i, p in enumerate(params)] for s in (1e-6, -1e-6))
        slope = (spec.loss(kind, ahead, train) - spec.loss(kind, behind, train)) / 2e-6
        np.testing.assert_allclose(np.sum(g * direction), slope, rtol=1e-6)


def test_softmax_loss_is_scikit_learns(spec):
    metrics = pytest.importorskip("sklearn.metrics")
    x = spec.inputs(np.random.default_rng(2), kind="softmax", rows=50)
    pictures, labels = x["data"][0]
    w, b = x["starts"][0]
    probs = np.exp(pictures @ w + b)
    probs /= probs.sum(axis=1, keepdims=True)
    want = metrics.log_loss(labels, probs, labels=range(10))
    np.testing.assert_allclose(spec.loss("softmax", [w, b], [pictures, labels]), want)


@pytest.mark.parametrize("name", ["plain", "sums", "falling"])
def test_the_weights_are_those_of_the_factories(spec, name):
    """Along the gradients 1, 0, 0: where each optimizer stands after every step."""
    optimizer = loaded("drive").FACTORIES[name]([np.zeros(1)], lr=1.0)
    path = [float(optimizer.step([np.array([g])])[0][0]) for g in (1.0, 0.0, 0.0)]
    np.testing.assert_allclose(path, -np.cumsum([spec.WEIGHTS[name](k, 1) for k in (1, 2, 3)]))


def test_digits_are_scikit_learns(spec):
    datasets = pytest.importorskip("sklearn.datasets")
    pictures, labels = datasets.load_digits(return_X_y=True)
    np.testing.assert_array_equal(spec.digits()[0] * 16, pictures)
    np.testing.assert_array_equal(spec.digits()[1], labels)
