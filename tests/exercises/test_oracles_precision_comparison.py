"""The oracles of precision_comparison against numpy's, torch's and exact fractions' rounding."""

import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from harness.catalog import Shipped, _module

FOLDER = Path(__file__).parents[2] / "curriculum" / "foundations" / "precision_comparison"
SPEC = _module("precision_comparison_spec", FOLDER / "spec.py")
PARTS = {part.name: part for part in Shipped("precision_comparison", FOLDER).exercise.parts}


def numbers(part):
    """What all cases of a part draw, but for NaN, as float32."""
    drawn = [PARTS[part].inputs(np.random.default_rng(5), **case.params)["x"].reshape(-1) for case in PARTS[part].cases]
    x = np.concatenate(drawn).astype(np.float32)
    return x[~np.isnan(x)]


def test_float16_is_numpys():
    x = numbers("to_fp16_bits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow is meant
        want = x.astype(np.float16).view(np.uint16)
    np.testing.assert_array_equal(SPEC.float16_bits(x.astype(np.float64)), want)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_both_formats_are_torchs(name):
    torch = pytest.importorskip("torch")
    x = numbers("to_fp16_bits" if name == "float16" else "to_bf16_bits")
    want = torch.from_numpy(x).to(getattr(torch, name)).view(torch.int16).numpy().view(np.uint16)
    bits_of = SPEC.float16_bits if name == "float16" else SPEC.bfloat16_bits
    np.testing.assert_array_equal(bits_of(x.astype(np.float64)), want)


def nearest_fraction(value, name):
    """By the definition: of all multiples of the spacing the nearest, ties to the even multiple."""
    fraction_bits, least_exponent, largest = SPEC.FORMATS[name]
    exponent = least_exponent
    while abs(value) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    spacing = Fraction(2) ** (exponent - fraction_bits)
    result = round(value / spacing) * spacing  # Python rounds fractions half to even
    assert abs(result) <= largest
    return result


def test_dot_errors_are_those_of_exact_fractions():
    rng = np.random.default_rng(11)
    x, y = rng.uniform(0.5, 1.5, (2, 60)).astype(np.float32).astype(np.float64)
    a, b = [Fraction(v) for v in x], [Fraction(v) for v in y]
    exact = sum(p * q for p, q in zip(a, b, strict=True))
    got = SPEC.dot_errors(x, y)
    assert len(got) == 5
    for key, error in got.items():
        short, _, running = key.partition(" in ")
        total = Fraction(0)
        for p, q in zip(a, b, strict=True):
            product = nearest_fraction(nearest_fraction(p, short) * nearest_fraction(q, short), running or short)
            total = nearest_fraction(total + product, running or short)
        assert error == pytest.approx(float(abs(total - exact) / exact), rel=1e-9)
