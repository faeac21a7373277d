"""The oracles of grad_clip against torch's clipping in place and math.hypot."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "grad_clip"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("grad_clip_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def grads():
    rng = np.random.default_rng(2)
    return [rng.standard_normal(shape) for shape in ((3, 4), (5,), ())]


def parameters(torch, grads):
    found = []
    for g in grads:
        p = torch.zeros(np.shape(g), dtype=torch.float64)
        p.grad = torch.tensor(g)
        found.append(p)
    return found


@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clipping_by_norm_is_torchs(spec, grads, max_norm):
    torch = pytest.importorskip("torch")
    theirs = parameters(torch, grads)
    norm = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    clipped, ours = spec.clip_by_norm(grads, max_norm, added=1e-6)
    np.testing.assert_allclose(ours, norm, rtol=1e-14)
    for got, p in zip(clipped, theirs, strict=True):
        np.testing.assert_allclose(got, p.grad, rtol=1e-14)


def test_clipping_by_value_is_torchs(spec, grads):
    torch = pytest.importorskip("torch")
    theirs = parameters(torch, grads)
    torch.nn.utils.clip_grad_value_(theirs, 0.7)
    for got, p in zip(spec.clip_by_value(grads, 0.7), theirs, strict=True):
        np.testing.assert_array_equal(got, p.grad)


@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-200])
def test_the_norm_is_hypots(spec, grads, scale):
    scaled = [scale * g for g in grads]
    want = math.hypot(*np.concatenate([np.ravel(g) for g in scaled]))
    np.testing.assert_allclose(spec.norm_of(scaled), want, rtol=1e-14)
