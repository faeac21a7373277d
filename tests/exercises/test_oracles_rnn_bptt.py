"""The oracles of rnn_bptt against torch: its own RNN, and its autograd with states detached between chunks."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "architectures" / "rnn_bptt"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("rnn_bptt_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def arrays(spec):
    return spec.inputs(np.random.default_rng(8), t=7)


def test_the_states_are_those_of_torchs_rnn(spec, arrays):
    torch = pytest.importorskip("torch")
    layer = torch.nn.RNN(4, 6, dtype=torch.float64)
    with torch.no_grad():
        for name, value in (("weight_ih_l0", "wx"), ("weight_hh_l0", "wh"), ("bias_ih_l0", "b")):
            getattr(layer, name).copy_(torch.from_numpy(arrays[value]))
        layer.bias_hh_l0.zero_()
        want, _ = layer(torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["h0"])[None])
    np.testing.assert_allclose(spec.rnn_forward(**arrays), want, atol=1e-14)


@pytest.mark.parametrize("truncate", [None, 1, 2, 3, 7, 100])
def test_the_gradients_are_autograds(spec, arrays, truncate):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.from_numpy(value).requires_grad_() for name, value in arrays.items()}
    x, h, wx, wh, b = tensors.values()
    dhs = np.random.default_rng(9).standard_normal((7, 3, 6))
    loss = 0.0
    for step in range(7):
        if truncate is not None and step and step % truncate == 0:
            h = h.detach()
        h = torch.tanh(x[step] @ wx.T + h @ wh.T + b)
        loss = loss + (torch.from_numpy(dhs[step]) * h).sum()
    gradients = torch.autograd.grad(loss, list(tensors.values()))
    got = spec.rnn_backward(dhs, **arrays, truncate=truncate)
    for ours, theirs in zip(got, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)
