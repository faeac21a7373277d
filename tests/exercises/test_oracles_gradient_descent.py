"""The closed-form oracle of gradient_descent against torch.optim.SGD, and its quartic against autograd."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "optimization" / "gradient_descent"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("gradient_descent_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def torchs_path(loss, x0, lr, n):
    """The points of torch.optim.SGD on a loss."""
    torch = pytest.importorskip("torch")
    x = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=lr)
    path = [x0]
    for _ in range(n):
        optimizer.zero_grad()
        loss(x).backward()
        optimizer.step()
        path.append(x.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("sizes", [{}, {"rate": 1.7}, {"rate": 2.3, "n": 20}, {"diagonal": True}, {"n": 0}, {"d": 1}])
def test_the_closed_form_is_the_path_of_torchs_sgd(spec, sizes):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(3), **sizes)
    a, center = torch.from_numpy(np.diag(x["a"]) if x["a"].ndim == 1 else x["a"]), torch.from_numpy(x["center"])
    want = torchs_path(lambda p: (p - center) @ a @ (p - center) / 2, x["x0"], x["lr"], x["n"])
    np.testing.assert_allclose(spec.gd(**x), want, rtol=1e-10, atol=1e-12)


def test_the_quartic_is_torchs(spec):
    x = spec.inputs(np.random.default_rng(4), kind="quartic", rate=0.2)
    want = torchs_path(lambda p: (p**4).sum() / 4, x["x0"], x["lr"], x["n"])
    np.testing.assert_allclose(spec.gd(**x), want, rtol=1e-12)
