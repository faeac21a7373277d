"""The unrolled oracle of momentum against torch.optim.SGD, which keeps a buffer."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "optimization" / "momentum"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("momentum_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.2},
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        {"dampening": 0.5, "weight_decay": 0.5},
        {"momentum": 0.9, "kind": "missing", "weight_decay": 0.2},
        {"momentum": 0.9, "later_lr": (11, 0.005)},
    ],
)
def test_the_unrolled_sums_are_torchs_path(spec, options):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(5), **options)
    params = [torch.tensor(p, requires_grad=True) for p in x["params"]]
    given = {k: v for k, v in x.items() if k in ("momentum", "dampening", "nesterov", "weight_decay")}
    optimizer = torch.optim.SGD(params, lr=x["lr"], **given)
    later, kept = x.get("later_lr"), []
    for step, grads in enumerate(x["grads"], start=1):
        if later and step == later[0]:
            optimizer.param_groups[0]["lr"] = later[1]
        for p, g in zip(params, grads, strict=True):
            p.grad = None if g is None else torch.tensor(g)
        optimizer.step()
        kept += [[p.detach().numpy().copy() for p in params]] if step in x["keep"] else []
    for ours, theirs in zip(spec.sgd(**x), kept, strict=True):
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12)
