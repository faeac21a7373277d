"""The oracles of adam against torch.optim, along 500 steps in float64."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "optimization" / "adam"
STEPS, NEW_LR_FROM, NEW_LR = 500, 200, 0.003


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("adam_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def torch_path(optimizer, params, grads, keep, later_lr, **options):
    """The lists of parameters after the steps in `keep`, as torch's optimizer of that class walks."""
    import torch

    tensors = [torch.tensor(p, requires_grad=True) for p in params]
    walker = optimizer(tensors, **options)
    kept = []
    for step, gradients in enumerate(grads, start=1):
        if step == later_lr[0]:
            walker.param_groups[0]["lr"] = later_lr[1]
        for tensor, g in zip(tensors, gradients, strict=True):
            tensor.grad = torch.tensor(g)
        walker.step()
        if step in keep:
            kept.append([tensor.detach().numpy().copy() for tensor in tensors])
    return kept


def assert_same_path(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def walk(spec, kind):
    return spec.inputs(
        np.random.default_rng(3), steps=STEPS, kind=kind, shapes=[(3, 4), (), (2,)], later_lr=(NEW_LR_FROM, NEW_LR)
    )


@pytest.mark.parametrize("kind", ["noisy", "sparse", "fading"])
@pytest.mark.parametrize(
    "options", [{}, {"betas": (0.8, 0.9), "eps": 1e-3}, {"amsgrad": True}, {"weight_decay": 0.1, "amsgrad": True}]
)
def test_adam_is_torchs(spec, kind, options):
    torch = pytest.importorskip("torch")
    x = walk(spec, kind)
    assert_same_path(spec.adam(**x, lr=0.01, **options), torch_path(torch.optim.Adam, **x, lr=0.01, **options))


@pytest.mark.parametrize("options", [{"weight_decay": 0.1}, {"weight_decay": 0.5, "amsgrad": True}])
def test_decoupled_adam_is_torchs_adamw(spec, options):
    torch = pytest.importorskip("torch")
    x = walk(spec, "fading")
    assert_same_path(
        spec.adam(**x, lr=0.01, decoupled=True, **options), torch_path(torch.optim.AdamW, **x, lr=0.01, **options)
    )


@pytest.mark.parametrize("kind", ["noisy", "sparse"])
@pytest.mark.parametrize(
    "options",
    [{}, {"alpha": 0.9, "eps": 1e-3}, {"momentum": 0.9}, {"momentum": 0.5, "centered": True}, {"centered": True}],
)
def test_rmsprop_is_torchs(spec, kind, options):
    torch = pytest.importorskip("torch")
    x = walk(spec, kind)
    assert_same_path(spec.rmsprop(**x, lr=0.01, **options), torch_path(torch.optim.RMSprop, **x, lr=0.01, **options))
