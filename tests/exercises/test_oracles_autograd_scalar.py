"""The oracle of autograd_scalar against torch.autograd, on random expressions."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "neural-networks" / "autograd_scalar"


def load(name):
    found = importlib.util.spec_from_file_location(f"autograd_scalar_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def torch_values(leaves, program):
    torch = pytest.importorskip("torch")
    operations = load("drive").OPERATIONS | {"iadd": lambda a, b: a + b}
    nodes = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in leaves]
    for name, *operands in program:
        nodes.append(operations[name](*(nodes[x] if isinstance(x, int) else x for x in operands)))
    grads = torch.autograd.grad(nodes[-1], nodes, allow_unused=True)
    return [float(v.detach()) for v in nodes], [0.0 if g is None else float(g) for g in grads]


@pytest.mark.parametrize("seed", range(8))
def test_random_expressions_are_torchs(seed):
    spec = load("spec")
    x = spec.inputs(np.random.default_rng(seed), steps=60)
    if all(isinstance(operand, float) for operand in x["program"][-1][1:]):
        pytest.skip("the result is a constant")
    data, grads = spec.values(**x)
    torch_data, torch_grads = torch_values(x["leaves"], x["program"])
    np.testing.assert_allclose(data, torch_data, rtol=1e-12)
    np.testing.assert_allclose(grads[0], torch_grads, rtol=1e-10, atol=1e-10 * np.abs(torch_grads).max())


@pytest.mark.parametrize("kind", ["**", "-", "/", "whole powers", "diamond on a diamond", "x += y", "relu"])
def test_named_expressions_are_torchs(kind):
    spec = load("spec")
    x = spec.inputs(np.random.default_rng(1), kind=kind)
    data, grads = spec.values(**x)
    torch_data, torch_grads = torch_values(x["leaves"], x["program"])
    np.testing.assert_allclose(data, torch_data, rtol=1e-12)
    np.testing.assert_allclose(grads[0], torch_grads, rtol=1e-12, atol=1e-12)
