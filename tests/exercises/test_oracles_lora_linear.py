"""The oracles of lora_linear against torch.autograd and torch.optim, and the best rank against numpy's svd."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "language-models" / "lora_linear"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("lora_linear_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lead", [(4,), (2, 3), ()])
def test_forward_and_gradients_are_torchs(spec, lead):
    torch = pytest.importorskip("torch")
    given = spec.backward_inputs(np.random.default_rng(1), lead=lead, r=3)
    dy, w, bias = (torch.from_numpy(given[name]) for name in ("dy", "w", "bias"))
    a, b, x = (torch.from_numpy(given[name]).requires_grad_() for name in ("a", "b", "x"))
    y = torch.nn.functional.linear(x, w, bias) + 3.0 / 3 * torch.nn.functional.linear(x @ a.T, b)
    gradients = torch.autograd.grad(y, (a, b, x), dy)
    forward = spec.forward(**{name: value for name, value in given.items() if name != "dy"})
    np.testing.assert_allclose(forward, y.detach(), atol=1e-12)
    for ours, theirs in zip(spec.backward(**given), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_training_is_torchs_sgd(spec):
    torch = pytest.importorskip("torch")
    given = spec.training_inputs(np.random.default_rng(2), steps=7, r=2, alpha=3.0)
    w, bias, x, y = (torch.from_numpy(given[name]) for name in ("w", "bias", "x", "y"))
    a, b = (torch.from_numpy(given[name].copy()).requires_grad_() for name in ("a", "b"))
    optimizer = torch.optim.SGD([a, b], lr=given["lr"])
    for _ in range(7):
        optimizer.zero_grad()
        error = x @ (w + 1.5 * b @ a).T + bias - y
        (error.square().sum() / 2 / len(x)).backward()
        optimizer.step()
    ours = spec.training(**given)
    np.testing.assert_allclose(ours[0], a.detach(), atol=1e-12)
    np.testing.assert_allclose(ours[1], b.detach(), atol=1e-12)
    np.testing.assert_allclose(ours[3], (w + 1.5 * b @ a).detach(), atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_descent_reaches_eckart_and_young(spec, seed):
    sizes = {"d_in": 6, "d_out": 5, "r": 2, "alpha": 2.0, "lr": 0.05, "steps": 500, "spectrum": (4.0, 3.0, 0.5, 0.3)}
    given = spec.training_inputs(np.random.default_rng(seed), **sizes)
    target = (given["y"] - given["bias"]).T
    u, s, vt = np.linalg.svd(target - given["w"])
    best = given["w"] + u[:, :2] * s[:2] @ vt[:2]
    np.testing.assert_allclose(spec.training(**given)[3], best, atol=1e-4)
