"""The oracles of causal_self_attention against torch, and its reference under array-api-strict."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "transformers" / "causal_self_attention"


def module(name):
    found = importlib.util.spec_from_file_location(f"causal_self_attention_{Path(name).stem}", FOLDER / name)
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def spec():
    return module("spec.py")


@pytest.fixture
def arrays():
    rng = np.random.default_rng(5)
    shapes = {"dout": (3, 6, 4), "x": (3, 6, 5), "wq": (5, 7), "wk": (5, 7), "wv": (5, 4)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


LENGTHS = [None, np.array([6, 2, 4])]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("lengths", LENGTHS, ids=["whole", "padded"])
def test_self_attention_and_its_gradients_are_torchs(spec, arrays, causal, lengths):
    torch = pytest.importorskip("torch")
    dout, x, wq, wk, wv = (torch.from_numpy(a).requires_grad_() for a in arrays.values())
    real = torch.arange(6) < torch.from_numpy(np.full(3, 6) if lengths is None else lengths)[:, None]
    seen = real[:, None, :] & (torch.ones(6, 6).tril().bool() if causal else True)
    out = torch.nn.functional.scaled_dot_product_attention(x @ wq, x @ wk, x @ wv, attn_mask=seen)
    out = torch.where(real[..., None], out, 0.0)
    options = {"causal": causal, "lengths": lengths}
    forward = {name: arrays[name] for name in ("x", "wq", "wk", "wv")}
    np.testing.assert_allclose(spec.self_attention(**forward, **options), out.detach(), atol=1e-13)
    gradients = torch.autograd.grad(out, (x, wq, wk, wv), dout)
    for ours, theirs in zip(spec.self_attention_backward(**arrays, **options), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_the_other_convention_differs_in_the_padding_only(spec, arrays):
    forward = {name: arrays[name] for name in ("x", "wq", "wk", "wv")} | {"causal": True, "lengths": LENGTHS[1]}
    ours, other = spec.self_attention(**forward), spec.padding_asks_too(**forward)
    for i, n in enumerate(LENGTHS[1]):
        np.testing.assert_allclose(other[i, :n], ours[i, :n], atol=1e-13)
        assert (np.abs(other[i, n:]) > 0).all()


@pytest.mark.parametrize("lengths", LENGTHS, ids=["whole", "padded"])
def test_the_reference_needs_nothing_beyond_the_array_api(spec, arrays, lengths):
    xp = pytest.importorskip("array_api_strict")
    strict = {name: xp.asarray(value) for name, value in arrays.items()}
    given = None if lengths is None else xp.asarray(lengths)
    got = module("solutions/reference.py").self_attention_backward(**strict, causal=True, lengths=given)
    for ours, right in zip(got, spec.self_attention_backward(**arrays, causal=True, lengths=lengths), strict=True):
        np.testing.assert_allclose(np.from_dlpack(ours), right, atol=1e-12)
