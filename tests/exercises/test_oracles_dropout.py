"""The oracles of dropout against torch's scale and a list of all masks, and its test of the law against right and wrong masks."""

import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from harness.check import Broken, Checks

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "dropout"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("dropout_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("p", [0.25, 0.5, 0.9])
def test_moments_are_those_of_the_listed_masks(spec, p):
    """All 2^6 masks, each weighed with its probability."""
    rng = np.random.default_rng(4)
    w, x = rng.standard_normal(6), rng.standard_normal((3, 6))
    masks = np.array(list(product([0, 1], repeat=6)))
    weights = np.prod(np.where(masks, 1 - p, p), axis=1)
    units = (x[:, None, :] * masks / (1 - p)) @ w  # (3, 64)
    mean = units @ weights
    variance = ((units - mean[:, None]) ** 2) @ weights
    got = spec.ensemble_moments(w, x, p)
    np.testing.assert_allclose(got[0], mean, atol=1e-12)
    np.testing.assert_allclose(got[1], variance, atol=1e-12)


def test_scale_and_backward_are_torchs(spec):
    torch = pytest.importorskip("torch")
    x = torch.linspace(1, 2, 60, dtype=torch.float64).requires_grad_()
    y = torch.nn.functional.dropout(x, 0.3)
    mask = (y != 0).numpy()
    (dx,) = torch.autograd.grad(y, x, torch.ones_like(y))
    np.testing.assert_allclose(spec.kept_and_scaled(x.detach().numpy(), mask, 0.3), y.detach(), atol=1e-14)
    np.testing.assert_allclose(spec.dropout_backward(np.ones(60), mask, 0.3), dx, atol=1e-14)


def holds(spec, mask, p):
    try:
        x = np.ones(mask.shape)
        spec.verify({"x": x, "p": p}, (spec.kept_and_scaled(x, mask, p), mask), Checks("float64"))
    except Broken:
        return False
    return True


def test_right_masks_pass(spec):
    """At 1e-9 a run, 200 of them must."""
    for seed in range(200):
        assert holds(spec, np.random.default_rng(seed).random((2000, 4)) >= 0.3, 0.3)


def test_wrong_masks_do_not(spec):
    u = np.random.default_rng(1).random((2000, 4))
    assert not holds(spec, u >= 0.36, 0.3)  # another probability
    assert not holds(spec, np.repeat(u[::2], 2, axis=0) >= 0.3, 0.3)  # neighbouring rows alike
    assert not holds(spec, np.repeat(u[:, ::2], 2, axis=1) >= 0.3, 0.3)  # neighbouring entries alike
    assert not holds(spec, np.broadcast_to(u[:, :1], u.shape) >= 0.3, 0.3)  # one draw a row
