"""The oracles of losses against torch's functions and autograd."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "losses"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("losses_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


RNG = np.random.default_rng(9)
LOGITS, TARGET, WEIGHT = RNG.standard_normal((7, 4)), RNG.integers(0, 4, 7), RNG.uniform(0.5, 2, 4)
TARGET[2] = TARGET[5] = -100
Z, SOFT = RNG.standard_normal((5, 3)), RNG.uniform(0, 1, (5, 3))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_and_its_gradient_are_torchs(spec, reduction, weight, smoothing):
    torch = pytest.importorskip("torch")
    logits = torch.from_numpy(LOGITS).requires_grad_()
    w = None if weight is None else torch.from_numpy(weight)
    options = {"reduction": reduction, "label_smoothing": smoothing}
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(TARGET), w, **options)
    np.testing.assert_allclose(spec.cross_entropy(LOGITS, TARGET, weight, **options), loss.detach(), atol=1e-13)
    dloss = np.random.default_rng(1).uniform(1, 2, loss.shape)
    (want,) = torch.autograd.grad(loss, logits, torch.as_tensor(dloss))
    np.testing.assert_allclose(spec.cross_entropy_backward(dloss, LOGITS, TARGET, weight, **options), want, atol=1e-13)


def test_with_all_rows_ignored_torch_gives_nan_too(spec):
    torch = pytest.importorskip("torch")
    target = np.full(7, -100)
    assert torch.nn.functional.cross_entropy(torch.from_numpy(LOGITS), torch.from_numpy(target)).isnan()
    with np.errstate(invalid="ignore"):
        assert np.isnan(spec.cross_entropy(LOGITS, target))


def agrees(torch, function, theirs, backward, x, y, **options):
    """Loss and gradient of an elementwise loss; options as torch calls them are the caller's."""
    scores = torch.from_numpy(x).requires_grad_()
    loss = theirs(scores)
    np.testing.assert_allclose(function(x, y, **options), loss.detach(), atol=1e-14)
    (want,) = torch.autograd.grad(loss, scores)
    np.testing.assert_allclose(backward(1.0, x, y, **options), want, atol=1e-14)


@pytest.mark.parametrize("weight", [None, WEIGHT[:3]])
def test_binary_cross_entropy_is_torchs(spec, weight):
    torch = pytest.importorskip("torch")
    w = None if weight is None else torch.from_numpy(weight)

    def theirs(z):
        return torch.nn.functional.binary_cross_entropy_with_logits(z, torch.from_numpy(SOFT), pos_weight=w)

    agrees(torch, spec.bce_with_logits, theirs, spec.bce_with_logits_backward, Z, SOFT, pos_weight=weight)


def test_squared_and_huber_loss_are_torchs(spec):
    torch = pytest.importorskip("torch")
    functional, target = torch.nn.functional, torch.from_numpy(SOFT)
    agrees(torch, spec.mse, lambda p: functional.mse_loss(p, target), spec.mse_backward, Z, SOFT)
    for delta in (0.3, 1.0):
        theirs = lambda p, delta=delta: functional.huber_loss(p, target, delta=delta)  # noqa: E731
        agrees(torch, spec.huber, theirs, spec.huber_backward, Z, SOFT, delta=delta)
