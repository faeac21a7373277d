"""The oracles of lstm against torch's own LSTM and autograd."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "architectures" / "lstm"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("lstm_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_states_are_those_of_torchs_lstm(spec):
    torch = pytest.importorskip("torch")
    arrays = spec.inputs(np.random.default_rng(8), t=7)
    layer = torch.nn.LSTM(4, 6, dtype=torch.float64)
    with torch.no_grad():
        for name, value in (("weight_ih_l0", "wx"), ("weight_hh_l0", "wh"), ("bias_ih_l0", "b")):
            getattr(layer, name).copy_(torch.from_numpy(arrays[value]))
        layer.bias_hh_l0.zero_()
        first = tuple(torch.from_numpy(arrays[name])[None] for name in ("h0", "c0"))
        want, (_, last) = layer(torch.from_numpy(arrays["x"]), first)
    hs, cs = spec.lstm_forward(**arrays)
    np.testing.assert_allclose(hs, want, atol=1e-14)
    np.testing.assert_allclose(cs[-1], last[0], atol=1e-14)


@pytest.mark.parametrize("kind", ["normal", "full", "kept", "saturated"])
def test_the_gradients_are_autograds(spec, kind):
    torch = pytest.importorskip("torch")
    arrays = spec.backward_inputs(np.random.default_rng(9), kind=kind)
    dstates = arrays.pop("dstates")
    tensors = {name: torch.from_numpy(value).requires_grad_() for name, value in arrays.items()}
    x, h, c, wx, wh, b = tensors.values()
    loss = 0.0
    for step in range(len(x)):
        i, f, g, o = (x[step] @ wx.T + h @ wh.T + b).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        loss = loss + (torch.from_numpy(dstates[0, step]) * h).sum() + (torch.from_numpy(dstates[1, step]) * c).sum()
    gradients = torch.autograd.grad(loss, list(tensors.values()))
    for ours, theirs in zip(spec.lstm_backward(dstates, **arrays), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12, rtol=1e-12)
