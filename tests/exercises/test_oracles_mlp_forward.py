"""The oracle of mlp_forward against a chain of torch's layers, and exclusive or against its truth table."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "mlp_forward"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("mlp_forward_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("act", ["relu", "tanh", "identity"])
@pytest.mark.parametrize("widths", [(3, 2), (4, 4, 4), (3, 5, 4, 6, 2)])
def test_it_is_a_chain_of_torchs_layers(spec, act, widths):
    torch = pytest.importorskip("torch")
    inputs = spec.inputs(np.random.default_rng(1), widths=widths, act=act)
    y, hidden = spec.mlp_forward(**inputs)
    value = torch.from_numpy(inputs["x"])
    for i, (w, b) in enumerate(inputs["params"]):
        value = torch.nn.functional.linear(value, torch.from_numpy(w), torch.from_numpy(b))
        if i < len(hidden):
            value = value if act == "identity" else getattr(torch, act)(value)
            np.testing.assert_allclose(hidden[i], value, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(y, value, rtol=1e-12, atol=1e-13)
    assert len(hidden) == len(widths) - 2


def test_the_judge_of_exclusive_or_refuses_inclusive_or(spec):
    check = pytest.importorskip("harness.check")
    inputs = spec.xor_inputs(np.random.default_rng(2))
    low, gap = inputs["low"], inputs["high"] - inputs["low"]
    first = (np.full((2, 2), 1 / gap), np.array([-2 * low / gap, -2 * low / gap - 1]))
    spec.xor_verify(inputs, (first, (np.array([[1.0, -2.0]]), np.zeros(1))), check.Checks("float64"))
    with pytest.raises(check.Broken):
        spec.xor_verify(inputs, (first, (np.array([[1.0, -1.0]]), np.zeros(1))), check.Checks("float64"))
