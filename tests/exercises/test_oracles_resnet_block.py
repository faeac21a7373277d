"""The oracles of resnet_block against a block of torch's own layers."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "architectures" / "resnet_block"
NAMES = ("w1", "gamma1", "beta1", "w2", "gamma2", "beta2", "ws", "gammas", "betas")
SIZES = [{}, {"cout": 4, "stride": (2,), "projection": True, "height": 7}]


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("resnet_block_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


class Block:
    """BasicBlock of torchvision, put together from torch.nn's layers, with given weights."""

    def __init__(self, torch, weights, stride):
        cout, cin = weights["w1"].shape[:2]
        options = {"bias": False, "dtype": torch.float64}
        self.conv = {
            "1": torch.nn.Conv2d(cin, cout, 3, stride, 1, **options),
            "2": torch.nn.Conv2d(cout, cout, 3, 1, 1, **options),
            "s": torch.nn.Conv2d(cin, cout, 1, stride, 0, **options),
        }
        self.norm = {key: torch.nn.BatchNorm2d(cout, dtype=torch.float64) for key in "12s"}
        self.kinds = [key for key in "12s" if f"w{key}" in weights]
        with torch.no_grad():
            for key in self.kinds:
                self.conv[key].weight.copy_(torch.from_numpy(weights[f"w{key}"]))
                self.norm[key].weight.copy_(torch.from_numpy(weights[f"gamma{key}"]))
                self.norm[key].bias.copy_(torch.from_numpy(weights[f"beta{key}"]))

    def __call__(self, x, train):
        for norm in self.norm.values():
            norm.train(train)
        step = {key: (lambda a, key=key: self.norm[key](self.conv[key](a))) for key in self.kinds}
        return (step["2"](step["1"](x).relu()) + (step["s"](x) if "s" in step else x)).relu()

    def parameters(self):
        return [p for k in self.kinds for p in (self.conv[k].weight, self.norm[k].weight, self.norm[k].bias)]


@pytest.mark.parametrize("sizes", SIZES)
def test_the_block_and_its_gradients_are_torchs(spec, sizes):
    torch = pytest.importorskip("torch")
    arrays = spec.backward_inputs(np.random.default_rng(1), **sizes)
    block = Block(torch, arrays, arrays.get("stride", 1))
    x = torch.from_numpy(arrays["x"]).requires_grad_()
    y = block(x, train=True)
    got = spec.BasicBlock(**{name: value for name, value in arrays.items() if name != "dy"})
    np.testing.assert_allclose(got, y.detach(), atol=1e-12)
    gradients = torch.autograd.grad(y, [x, *block.parameters()], torch.from_numpy(arrays["dy"]))
    for ours, theirs in zip(spec.backward(**arrays), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-11)


@pytest.mark.parametrize("sizes", SIZES)
def test_evaluation_uses_the_running_statistics_that_torch_keeps(spec, sizes):
    torch = pytest.importorskip("torch")
    arrays = spec.evaluation_inputs(np.random.default_rng(2), batches=3, **sizes)
    block = Block(torch, arrays, arrays.get("stride", 1))
    with torch.no_grad():
        for batch in arrays["seen"]:
            block(torch.from_numpy(batch), train=True)
        want = block(torch.from_numpy(arrays["x"]), train=False)
    np.testing.assert_allclose(spec.evaluation(**arrays), want, atol=1e-12)
