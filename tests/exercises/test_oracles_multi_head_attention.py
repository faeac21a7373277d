"""The oracles of multi_head_attention against torch, and its reference under array-api-strict."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "transformers" / "multi_head_attention"
PARAMETERS = ("in_proj", "in_bias", "out_proj", "out_bias")


def module(name):
    found = importlib.util.spec_from_file_location(f"multi_head_attention_{Path(name).stem}", FOLDER / name)
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def spec():
    return module("spec.py")


@pytest.fixture
def arrays():
    rng = np.random.default_rng(3)
    shapes = {"dout": (2, 5, 6), "q": (2, 5, 6), "k": (2, 7, 6), "v": (2, 7, 6), "in_proj": (18, 6), "in_bias": (18,)}
    shapes |= {"out_proj": (6, 6), "out_bias": (6,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


MASKS = [None, np.tril(np.ones((5, 7), bool)), np.arange(7 * 2 * 3 * 5).reshape(2, 3, 5, 7) % 3 < 2]


@pytest.mark.parametrize("mask", MASKS, ids=["none", "causal", "each"])
def test_multi_head_attention_and_its_gradients_are_torchs(spec, arrays, mask):
    torch = pytest.importorskip("torch")
    layer = torch.nn.MultiheadAttention(6, 3, batch_first=True, dtype=torch.float64)
    assert sum(p.numel() for p in layer.parameters()) == 4 * 6**2 + 4 * 6
    with torch.no_grad():
        for p, name in zip(layer.parameters(), PARAMETERS, strict=True):
            p.copy_(torch.from_numpy(arrays[name]))
    dout, q, k, v = (torch.from_numpy(arrays[name]).requires_grad_() for name in ("dout", "q", "k", "v"))
    hidden = None if mask is None else torch.from_numpy(~np.broadcast_to(mask, (2, 3, 5, 7)).reshape(6, 5, 7))
    out, weights = layer(q, k, v, attn_mask=hidden, average_attn_weights=False)
    given = {name: array for name, array in arrays.items() if name != "dout"} | {"heads": 3, "mask": mask}
    np.testing.assert_allclose(spec.multi_head_attention(**given), out.detach(), atol=1e-13)
    ours = spec.head_weights(given["q"], given["k"], given["in_proj"], given["in_bias"], 3, mask)
    np.testing.assert_allclose(ours, weights.detach(), atol=1e-13)
    gradients = torch.autograd.grad(out, (q, k, v, *layer.parameters()), dout)
    for got, theirs in zip(spec.multi_head_attention_backward(arrays["dout"], **given), gradients, strict=True):
        np.testing.assert_allclose(got, theirs, atol=1e-12)


@pytest.mark.parametrize("mask", MASKS, ids=["none", "causal", "each"])
def test_the_reference_needs_nothing_beyond_the_array_api(spec, arrays, mask):
    xp = pytest.importorskip("array_api_strict")
    strict = {name: xp.asarray(value) for name, value in arrays.items()}
    given = None if mask is None else xp.asarray(mask)
    got = module("solutions/reference.py").multi_head_attention_backward(**strict, heads=3, mask=given)
    for ours, right in zip(got, spec.multi_head_attention_backward(**arrays, heads=3, mask=mask), strict=True):
        np.testing.assert_allclose(np.from_dlpack(ours), right, atol=1e-12)
