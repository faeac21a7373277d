"""The oracles of activations against torch and its autograd, and the figures that the lesson gives."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "activations"
CASES = [
    ("relu", {}, "relu", {}),
    ("leaky_relu", {"slope": 0.3}, "leaky_relu", {"negative_slope": 0.3}),
    ("sigmoid", {}, "sigmoid", {}),
    ("tanh", {}, "tanh", {}),
    ("gelu", {}, "gelu", {}),
    ("gelu", {"form": "tanh"}, "gelu", {"approximate": "tanh"}),
    ("silu", {}, "silu", {}),
]


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("activations_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("ours", "options", "theirs", "their_options"), CASES)
@pytest.mark.parametrize("size", [1e-6, 1.0, 30.0, 1e4])
def test_function_and_derivative_are_torchs(spec, ours, options, theirs, their_options, size):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    x, dy = size * rng.standard_normal((5, 7)), rng.standard_normal((5, 7))
    wrapped = torch.from_numpy(x).requires_grad_()
    function = getattr(torch, theirs, None) if theirs in ("sigmoid", "tanh") else getattr(torch.nn.functional, theirs)
    y = function(wrapped, **their_options)
    (dx,) = torch.autograd.grad(y, wrapped, torch.from_numpy(dy))
    np.testing.assert_allclose(getattr(spec, ours)(x, **options), y.detach(), rtol=1e-12, atol=1e-14 * size)
    np.testing.assert_allclose(getattr(spec, f"{ours}_backward")(dy, x, **options), dx, rtol=1e-10, atol=1e-14)


def test_two_forms_of_gelu_are_at_most_473_millionths_apart(spec):
    grid = np.linspace(-6, 6, 100_001)
    gap = np.abs(spec.gelu(grid) - spec.gelu(grid, "tanh")).max()
    assert 4.72e-4 < gap < 4.74e-4


def test_dead_units_are_counted_by_hand(spec):
    assert spec.dead_fraction(np.array([[1.0, -1.0, 0.0], [-1.0, -2.0, 0.0]])) == 2 / 3
