"""The oracles of batch_norm against torch's layers, in training and evaluation, and against autograd."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "batch_norm"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("batch_norm_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


SHAPES = [(6, 3), (2, 3, 4, 5)]


def torchs(torch, x, gamma, beta, eps, momentum):
    """torch's layer with these parameters, in float64."""
    kind = torch.nn.BatchNorm1d if x.ndim == 2 else torch.nn.BatchNorm2d
    layer = kind(x.shape[1], eps=eps, momentum=momentum, dtype=torch.float64)
    layer.weight.data, layer.bias.data = torch.from_numpy(gamma), torch.from_numpy(beta)
    return layer


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("train", [True, False])
def test_outputs_and_gradients_are_torchs(spec, shape, train):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    dy, x, *before = rng.standard_normal((4, *shape)) * 2 + 1
    gamma, beta = rng.uniform(1, 2, (2, shape[1]))
    layer = torchs(torch, x, gamma, beta, 0.01, 0.3)
    for batch in before:
        layer(torch.from_numpy(batch))
    layer.train(train)
    inputs = torch.from_numpy(x).requires_grad_()
    y = layer(inputs)
    gradients = torch.autograd.grad(y, (inputs, layer.weight, layer.bias), torch.from_numpy(dy))
    options = {"train": train, "before": before, "eps": 0.01, "momentum": 0.3}
    np.testing.assert_allclose(spec.batch_norm(x, gamma, beta, **options), y.detach(), atol=1e-12)
    for ours, theirs in zip(spec.backward(dy, x, gamma, beta, **options), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_running_statistics_are_torchs(spec, shape):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    batches = list(rng.standard_normal((4, *shape)) * 2 + 1)
    ones = np.ones(shape[1])
    layer = torchs(torch, batches[0], ones, ones, 1e-5, 0.1)
    train = [True, False, True, True]
    seen = spec.running(batches, train, ones, ones)
    for batch, is_training, (mean, var) in zip(batches, train, seen, strict=True):
        layer.train(is_training)
        layer(torch.from_numpy(batch))
        np.testing.assert_allclose(mean, layer.running_mean, atol=1e-13)
        np.testing.assert_allclose(var, layer.running_var, atol=1e-13)


def test_a_channel_of_one_value_is_refused_by_torch_too(spec):
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="more than 1 value"):
        torch.nn.BatchNorm1d(3)(torch.ones(1, 3))
