"""The oracles of layer_norm against torch, and its backward against central differences."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "layer_norm"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("layer_norm_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def arrays():
    rng = np.random.default_rng(7)
    return {
        "dy": rng.standard_normal((2, 3, 5)),
        "x": rng.standard_normal((2, 3, 5)),
        "gamma": rng.uniform(1, 2, 5),
        "beta": rng.uniform(1, 2, 5),
    }


@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_layer_norm_and_its_gradients_are_torchs(spec, arrays, eps):
    torch = pytest.importorskip("torch")
    dy, x, gamma, beta = (torch.from_numpy(a).requires_grad_() for a in arrays.values())
    y = torch.nn.functional.layer_norm(x, (5,), gamma, beta, eps)
    gradients = torch.autograd.grad(y, (x, gamma, beta), dy)
    got = spec.layer_norm_backward(arrays["dy"], arrays["x"], arrays["gamma"], eps)
    np.testing.assert_allclose(
        spec.layer_norm(arrays["x"], arrays["gamma"], arrays["beta"], eps), y.detach(), atol=1e-13
    )
    for ours, theirs in zip(got, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_rms_norm_and_its_gradients_are_torchs(spec, arrays, eps):
    torch = pytest.importorskip("torch")
    dy, x, gamma, _ = (torch.from_numpy(a).requires_grad_() for a in arrays.values())
    y = torch.nn.functional.rms_norm(x, (5,), gamma, eps)
    gradients = torch.autograd.grad(y, (x, gamma), dy)
    got = spec.rms_norm_backward(arrays["dy"], arrays["x"], arrays["gamma"], eps)
    np.testing.assert_allclose(spec.rms_norm(arrays["x"], arrays["gamma"], eps), y.detach(), atol=1e-13)
    for ours, theirs in zip(got, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


def difference(f, at, upstream, h=1e-5):
    """The gradient of sum(upstream * f(at)), element by element."""
    gradient = np.empty_like(at)
    for i in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[i] = h
        gradient[i] = np.sum(upstream * (f(at + step) - f(at - step))) / (2 * h)
    return gradient


def test_layer_norm_backward_is_the_derivative_of_the_forward(spec, arrays):
    dy, x, gamma, beta = arrays.values()
    dx, dgamma, dbeta = spec.layer_norm_backward(dy, x, gamma)
    np.testing.assert_allclose(dx, difference(lambda x: spec.layer_norm(x, gamma, beta), x, dy), atol=1e-8)
    np.testing.assert_allclose(dgamma, difference(lambda gamma: spec.layer_norm(x, gamma, beta), gamma, dy), atol=1e-8)
    np.testing.assert_allclose(dbeta, difference(lambda beta: spec.layer_norm(x, gamma, beta), beta, dy), atol=1e-8)


def test_rms_norm_backward_is_the_derivative_of_the_forward(spec, arrays):
    dy, x, gamma, _ = arrays.values()
    dx, dgamma = spec.rms_norm_backward(dy, x, gamma)
    np.testing.assert_allclose(dx, difference(lambda x: spec.rms_norm(x, gamma), x, dy), atol=1e-8)
    np.testing.assert_allclose(dgamma, difference(lambda gamma: spec.rms_norm(x, gamma), gamma, dy), atol=1e-8)
