"""The closed gradients of numeric_gradient against torch.autograd, and drive.py's functions against the spec's."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from harness.calls import for_oracle
from harness.catalog import Shipped, _module

FOLDER = Path(__file__).parents[2] / "curriculum" / "calculus" / "numeric_gradient"
SPEC = _module("numeric_gradient_spec", FOLDER / "spec.py")
EXERCISE = Shipped("numeric_gradient", FOLDER).exercise
CASES = [case for case in EXERCISE.part("numeric_grad").cases if "h" not in case.params]


@pytest.fixture(scope="module")
def drive():
    found = importlib.util.spec_from_file_location("numeric_gradient_drive", FOLDER / "drive.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def draw(case):
    return for_oracle(SPEC.inputs(np.random.default_rng(3), **case.params))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradients_are_those_of_autograd(drive, case):
    torch = pytest.importorskip("torch")
    inputs = draw(case)
    tensors = {name: torch.from_numpy(np.array(v)) for name, v in inputs.items() if isinstance(v, np.ndarray)}
    x = tensors["x"].requires_grad_()
    y = drive.FUNCTIONS[inputs["function"]](torch, x, tensors.get("c"), tensors.get("size"))
    (want,) = torch.autograd.grad(inputs.get("gain", 1.0) * y, x)
    np.testing.assert_allclose(SPEC.numeric_grad(**inputs), want, rtol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_functions_of_drive_are_those_of_the_oracle(drive, case):
    inputs = draw(case)
    x, c, size = inputs["x"], inputs.get("c"), inputs.get("size")
    got = drive.FUNCTIONS[inputs["function"]](np, x, c, size)
    np.testing.assert_allclose(got, SPEC.value(inputs["function"], x, c, size), rtol=1e-13)
    if inputs["function"] in drive.GRADIENTS:
        got = drive.GRADIENTS[inputs["function"]](np, x, c, size)
        np.testing.assert_allclose(got, SPEC.gradient(inputs["function"], x, c, size), rtol=1e-13)


def test_a_small_given_step_comes_close_to_the_gradient():
    inputs = {k: v for k, v in draw(CASES[0]).items() if k != "gain"}
    np.testing.assert_allclose(SPEC.numeric_grad(**inputs, h=1e-5), SPEC.numeric_grad(**inputs), rtol=1e-9)
