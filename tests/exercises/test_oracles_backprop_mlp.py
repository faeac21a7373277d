"""The oracles of backprop_mlp against torch's cross-entropy and autograd."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "backprop_mlp"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("backprop_mlp_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", ["", "dead units", "a dead layer", "huge scores"])
@pytest.mark.parametrize("widths", [(3, 6, 5, 4), (4, 6, 5, 7, 8, 6, 3)])
def test_loss_and_gradients_are_torchs(spec, kind, widths):
    torch = pytest.importorskip("torch")
    inputs = spec.inputs(np.random.default_rng(4), widths=widths, kind=kind)
    x = torch.from_numpy(inputs["x"]).requires_grad_()
    flat = [torch.from_numpy(a).requires_grad_() for layer in inputs["params"] for a in layer]
    value = x
    for w, b in zip(flat[::2], flat[1::2], strict=True):
        scores = value @ w.T + b
        value = torch.relu(scores)
    loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(inputs["y"]))
    dx, *wanted = torch.autograd.grad(loss, [x, *flat])
    np.testing.assert_allclose(spec.forward(**inputs), loss.detach(), rtol=1e-12)
    grads, got_dx = spec.backward(**inputs)
    for got, want in zip([got_dx, *(a for layer in grads for a in layer)], [dx, *wanted], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-13)


def test_inputs_keep_off_the_jumps_of_relu(spec):
    inputs = spec.inputs(np.random.default_rng(5))
    hidden = spec.scores_of(inputs["x"], inputs["params"])[:-1]
    assert min(np.abs(score).min() for score in hidden) > spec.MARGIN


def test_inputs_of_the_clock_are_exact_in_float32(spec):
    """Scores in float32 are those in float64, so that no sign differs."""
    inputs = spec.exact_inputs(np.random.default_rng(6), n=4, width=32)
    x = inputs["x"].astype(np.float32)
    for (w, b), want in zip(inputs["params"][:-1], spec.scores_of(inputs["x"], inputs["params"]), strict=False):
        score = x @ w.astype(np.float32).T + b.astype(np.float32)
        np.testing.assert_array_equal(score, want)
        assert np.abs(score).min() > 0
        x = np.maximum(score, 0)
