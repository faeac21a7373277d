"""What sgd_minibatch's spec replays, against torch.optim.SGD on the same rows; and that its statistics see a bad shuffle."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from harness.check import Broken, Checks

FOLDER = Path(__file__).parents[2] / "curriculum" / "optimization" / "sgd_minibatch"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("sgd_minibatch_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_a_replayed_step_is_torchs(spec):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(1))
    w, b = (torch.tensor(p, requires_grad=True) for p in x["params"])
    rows = [3, 1, 20]
    optimizer = torch.optim.SGD([w, b], lr=x["lr"])
    data, labels = torch.tensor(x["x"][rows]), torch.tensor(x["y"][rows])
    (torch.nn.functional.mse_loss(data @ w + b, labels) / 2).backward()
    optimizer.step()
    for ours, theirs in zip(spec.step(x["params"], x["x"][rows], x["y"][rows], x["lr"]), (w, b), strict=True):
        np.testing.assert_allclose(ours, theirs.detach(), rtol=1e-13)


def test_the_mean_of_all_equal_batches_is_the_full_step(spec):
    """Unbiased, by enumeration: every pair of 5 rows once."""
    x = spec.inputs(np.random.default_rng(2), n=5)
    pairs = [[i, j] for i in range(5) for j in range(i)]
    steps = [spec.step(x["params"], x["x"][rows], x["y"][rows], x["lr"]) for rows in pairs]
    full = spec.step(x["params"], x["x"], x["y"], x["lr"])
    for i in range(2):
        np.testing.assert_allclose(np.mean([s[i] for s in steps], axis=0), full[i], rtol=1e-12)


def test_a_right_shuffle_passes_and_swapping_with_any_place_does_not(spec):
    rng, n = np.random.default_rng(3), 12_000
    for _ in range(20):
        spec.check_places([list(rng.permutation(n)) for _ in range(3)], Checks("float64"))
    orders = [list(range(n)) for _ in range(3)]
    for order in orders:
        for i, j in enumerate(rng.integers(0, n, n)):
            order[i], order[j] = order[j], order[i]
    with pytest.raises(Broken, match="not equally likely"):
        spec.check_places(orders, Checks("float64"))
