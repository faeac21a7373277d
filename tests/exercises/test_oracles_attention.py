"""The oracles of attention and softmax against torch, and their array-API answers under array-api-strict."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

CURRICULUM = Path(__file__).parents[2] / "curriculum"


def module(path):
    found = importlib.util.spec_from_file_location(path.stem, CURRICULUM / path)
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def attention():
    return module(Path("transformers/attention/spec.py"))


@pytest.fixture(scope="module")
def softmax():
    return module(Path("neural-networks/softmax/spec.py"))


@pytest.fixture
def arrays():
    rng = np.random.default_rng(11)
    shapes = {"dout": (2, 3, 5, 6), "q": (2, 3, 5, 4), "k": (2, 3, 7, 4), "v": (2, 3, 7, 6)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


MASKS = [None, np.tril(np.ones((5, 7), bool)), np.arange(7) < 4]


@pytest.mark.parametrize("mask", MASKS, ids=["none", "causal", "padding"])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_attention_and_its_gradients_are_torchs(attention, arrays, mask, scale):
    torch = pytest.importorskip("torch")
    dout, *qkv = (torch.from_numpy(a).requires_grad_() for a in arrays.values())
    seen = None if mask is None else torch.from_numpy(np.broadcast_to(mask, (5, 7)).copy())
    out = torch.nn.functional.scaled_dot_product_attention(*qkv, attn_mask=seen, scale=scale)
    forward = {name: arrays[name] for name in "qkv"} | {"mask": mask, "scale": scale}
    np.testing.assert_allclose(attention.attention(**forward), out.detach(), atol=1e-13)
    gradients = torch.autograd.grad(out, qkv, dout)
    for ours, theirs in zip(attention.attention_backward(arrays["dout"], **forward), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


def test_the_reference_needs_nothing_beyond_the_array_api(attention, arrays):
    xp = pytest.importorskip("array_api_strict")
    answer = module(Path("transformers/attention/solutions/reference.py"))
    strict = {name: xp.asarray(value) for name, value in arrays.items()}
    mask = np.tril(np.ones((5, 7), bool))
    got = answer.attention_backward(**strict, mask=xp.asarray(mask))
    for ours, right in zip(got, attention.attention_backward(**arrays, mask=mask), strict=True):
        np.testing.assert_allclose(np.from_dlpack(ours), right, atol=1e-13)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_and_its_relatives_are_torchs(softmax, axis):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(5).standard_normal((4, 6))
    t = torch.from_numpy(x)
    np.testing.assert_allclose(softmax.softmax(x, axis, 0.7), torch.softmax(t / 0.7, axis), atol=1e-14)
    np.testing.assert_allclose(softmax.log_softmax(x, axis), torch.log_softmax(t, axis), atol=1e-14)
    np.testing.assert_allclose(softmax.logsumexp(x, axis), torch.logsumexp(t, axis), atol=1e-14)


def test_the_backward_of_softmax_is_torchs(softmax):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    x, dy = torch.from_numpy(rng.standard_normal((4, 6))).requires_grad_(), rng.standard_normal((4, 6))
    y = torch.softmax(x, -1)
    (theirs,) = torch.autograd.grad(y, x, torch.from_numpy(dy))
    np.testing.assert_allclose(softmax.softmax_backward(dy, y.detach().numpy()), theirs, atol=1e-14)


def test_a_row_of_minus_infinity_is_nan_as_in_torch(softmax):
    torch = pytest.importorskip("torch")
    x = np.full((1, 3), -np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        assert np.isnan(softmax.softmax(x)).all()
        assert torch.softmax(torch.from_numpy(x), -1).isnan().all()
        assert softmax.logsumexp(x) == torch.logsumexp(torch.from_numpy(x), -1).numpy()
