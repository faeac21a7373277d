"""The oracle of encoder_layer against torch's layer with the same parameters."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SPEC = Path(__file__).parents[2] / "curriculum" / "transformers" / "encoder_layer" / "spec.py"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("encoder_layer_spec", SPEC)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("act", ["relu", "gelu"])
@pytest.mark.parametrize("padding", [None, "some"])
def test_encoder_layer_is_torchs(spec, norm_first, act, padding):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(4), norm_first=norm_first, act=act, padding=padding)
    layer = torch.nn.TransformerEncoderLayer(
        8, 2, 12, dropout=0.0, activation=act, batch_first=True, norm_first=norm_first, dtype=torch.float64
    )
    assert sum(p.numel() for p in layer.parameters()) == 4 * 8**2 + 2 * 8 * 12 + 9 * 8 + 12
    layer.load_state_dict({name: torch.from_numpy(value) for name, value in x["state"].items()})
    hidden = torch.from_numpy(x["key_padding"]) if padding else None
    want = layer(torch.from_numpy(x["x"]), src_key_padding_mask=hidden).detach()  # in training mode: no fused path
    np.testing.assert_allclose(spec.encoder_layer(**x), want, atol=1e-13)


def test_the_conventions_are_torchs_other_choices(spec):
    torch = pytest.importorskip("torch")
    x = np.linspace(-4, 4, 33)
    exact, tanh = (torch.nn.functional.gelu(torch.from_numpy(x), approximate=name) for name in ("none", "tanh"))
    np.testing.assert_allclose(spec.gelu(x), exact, atol=1e-15)
    np.testing.assert_allclose(spec.tanh_gelu(x), tanh, atol=1e-15)
