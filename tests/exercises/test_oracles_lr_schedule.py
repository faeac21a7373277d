"""The oracles of lr_schedule against torch.optim.lr_scheduler."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "optimization" / "lr_schedule"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("lr_schedule_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def torchs(name, steps, base, **options):
    """The rates that torch's scheduler of that name gives to the first steps."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **options)
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if len(rates) < steps:
                scheduler.step()
    return rates


def test_step_and_exponential(spec):
    steps = list(range(30))
    want = torchs("StepLR", 30, 0.7, step_size=7, gamma=0.3)
    np.testing.assert_allclose(spec.step_lr(steps, base=0.7, every=7, gamma=0.3), want)
    want = torchs("ExponentialLR", 30, 0.7, gamma=0.8)
    np.testing.assert_allclose(spec.exponential(steps, base=0.7, gamma=0.8), want)


def test_cosine_without_warm_up(spec):
    want = torchs("CosineAnnealingLR", 18, 0.7, T_max=17, eta_min=0.1)
    np.testing.assert_allclose(spec.cosine(list(range(18)), total=17, base=0.7, lr_min=0.1), want)


def test_warm_up_is_torchs_linear_one(spec):
    want = torchs("LinearLR", 6, 0.7, start_factor=1 / 6, total_iters=5)
    np.testing.assert_allclose(spec.cosine(list(range(6)), total=20, base=0.7, warmup=6), want)


@pytest.mark.parametrize("options", [{}, {"pct": 0.5}, {"pct": 0.37, "div": 7.0, "final_div": 30.0}])
def test_one_cycle(spec, options):
    given = {"pct": "pct_start", "div": "div_factor", "final_div": "final_div_factor"}
    renamed = {given[name]: value for name, value in options.items()}
    want = torchs("OneCycleLR", 23, 0.7, max_lr=0.7, total_steps=23, cycle_momentum=False, **renamed)
    np.testing.assert_allclose(spec.one_cycle(list(range(23)), total=23, max_lr=0.7, **options), want, rtol=1e-10)
