"""The oracles of max_pool2d against torch."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "architectures" / "max_pool2d"
OPTIONS = [
    {"k": 2},
    {"k": 3, "stride": 1, "padding": 1},
    {"k": (4, 3), "stride": (3, 2), "padding": (2, 1)},
    {"k": (2, 3), "stride": 4},
]


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("max_pool2d_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def picture(kind):
    x = np.random.default_rng(5).standard_normal((2, 3, 9, 11))
    if kind == "ties":
        return np.round(x)
    if kind == "nan":
        x[1, 2, 4, 5] = np.nan
    return np.full_like(x, -np.inf) if kind == "-inf" else x


@pytest.mark.parametrize("kind", ["normal", "ties", "nan", "-inf"])
@pytest.mark.parametrize("options", OPTIONS)
def test_maxima_and_their_places_are_torchs(spec, options, kind):
    torch = pytest.importorskip("torch")
    x = picture(kind)
    k, stride, padding = options["k"], options.get("stride"), options.get("padding", 0)
    want, places = torch.nn.functional.max_pool2d(torch.from_numpy(x), k, stride, padding, return_indices=True)
    y, argmax = spec.max_pool2d(x, **options)
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(argmax, places)


@pytest.mark.parametrize("options", OPTIONS)
def test_the_gradient_of_maxima_is_torchs(spec, options):
    torch = pytest.importorskip("torch")
    x = torch.from_numpy(picture("normal")).requires_grad_()
    y = torch.nn.functional.max_pool2d(x, options["k"], options.get("stride"), options.get("padding", 0))
    dy = np.random.default_rng(6).standard_normal(y.shape)
    (want,) = torch.autograd.grad(y, x, torch.from_numpy(dy))
    _, argmax = spec.max_pool2d(x.detach().numpy(), **options)
    np.testing.assert_allclose(spec.max_pool2d_backward(dy, argmax, tuple(x.shape)), want, atol=1e-14)


@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("options", OPTIONS)
def test_means_and_their_gradient_are_torchs(spec, options, count_include_pad):
    torch = pytest.importorskip("torch")
    x = torch.from_numpy(picture("normal")).requires_grad_()
    k, stride, padding = options["k"], options.get("stride"), options.get("padding", 0)
    y = torch.nn.functional.avg_pool2d(x, k, stride, padding, count_include_pad=count_include_pad)
    given = {**options, "count_include_pad": count_include_pad}
    np.testing.assert_allclose(spec.avg_pool2d(x.detach().numpy(), **given), y.detach(), atol=1e-14)
    dy = np.random.default_rng(6).standard_normal(y.shape)
    (want,) = torch.autograd.grad(y, x, torch.from_numpy(dy))
    np.testing.assert_allclose(spec.avg_pool2d_backward(dy, tuple(x.shape), **given), want, atol=1e-14)
