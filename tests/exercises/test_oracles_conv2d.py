"""The oracles of conv2d against torch."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "architectures" / "conv2d"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("conv2d_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


OPTIONS = [
    {},
    {"stride": 2, "padding": 1},
    {"stride": (2, 3), "padding": (2, 1), "dilation": (2, 3)},
    {"groups": 2, "padding": (0, 3)},
    {"groups": 4, "dilation": 2, "stride": (3, 1)},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_convolution_and_its_gradients_are_torchs(spec, options):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    x, b = rng.standard_normal((2, 4, 9, 12)), rng.standard_normal(8)
    w = rng.standard_normal((8, 4 // options.get("groups", 1), 3, 2))
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x, w, b)]
    y = torch.nn.functional.conv2d(*tensors, **options)
    np.testing.assert_allclose(spec.conv2d(x, w, b, **options), y.detach(), atol=1e-12)
    dy = rng.standard_normal(y.shape)
    gradients = torch.autograd.grad(y, tensors, torch.from_numpy(dy))
    for ours, theirs in zip(spec.conv2d_backward(dy, x, w, **options), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_one_kernel_is_scipys_correlation(spec):
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((7, 8)), rng.standard_normal((3, 2))
    want = signal.correlate2d(x, w, mode="valid")
    np.testing.assert_allclose(spec.conv2d(x[None, None], w[None, None])[0, 0], want, atol=1e-13)
