"""The oracle of decoder_layer against torch's layer with the same parameters and the causal mask."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SPEC = Path(__file__).parents[2] / "curriculum" / "transformers" / "decoder_layer" / "spec.py"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("decoder_layer_spec", SPEC)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("padding", [None, "some"])
def test_decoder_layer_is_torchs(spec, norm_first, padding):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(6), norm_first=norm_first, padding=padding)
    layer = torch.nn.TransformerDecoderLayer(
        8, 2, 12, dropout=0.0, batch_first=True, norm_first=norm_first, dtype=torch.float64
    )
    assert sum(p.numel() for p in layer.parameters()) == 8 * 8**2 + 2 * 8 * 12 + 15 * 8 + 12
    layer.load_state_dict({name: torch.from_numpy(value) for name, value in x["state"].items()})
    future = torch.ones(5, 5, dtype=torch.bool).triu(1)
    hidden = torch.from_numpy(x["memory_padding"]) if padding else None
    given = torch.from_numpy(x["x"]), torch.from_numpy(x["memory"])
    want = layer(*given, tgt_mask=future, memory_key_padding_mask=hidden).detach()
    np.testing.assert_allclose(spec.decoder_layer(**x), want, atol=1e-13)
