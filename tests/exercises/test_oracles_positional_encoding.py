"""The oracles of positional_encoding against rotation matrices and torch's complex numbers; its reference under
array-api-strict."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "transformers" / "positional_encoding"


def module(name):
    found = importlib.util.spec_from_file_location(f"positional_encoding_{Path(name).stem}", FOLDER / name)
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def spec():
    return module("spec.py")


def rotation(angles, layout):
    """The whole rotation of one row as a matrix (d, d), as in equation 15 of the RoFormer paper."""
    d = 2 * len(angles)
    matrix = np.zeros((d, d))
    for i, angle in enumerate(angles):
        a, b = (2 * i, 2 * i + 1) if layout == "interleaved" else (i, i + d // 2)
        matrix[a, a] = matrix[b, b] = np.cos(angle)
        matrix[a, b], matrix[b, a] = -np.sin(angle), np.sin(angle)
    return matrix


@pytest.mark.parametrize("layout", ["interleaved", "half"])
def test_rope_is_a_product_with_a_rotation_matrix(spec, layout):
    x = np.random.default_rng(1).standard_normal((2, 4, 6))
    want = np.stack([x[:, j] @ rotation((3 + j) * 50.0 ** (-np.arange(3) / 3), layout).T for j in range(4)], axis=1)
    np.testing.assert_allclose(spec.rope(x, 3, 50.0, layout), want, atol=1e-14)
    np.testing.assert_allclose(spec.rope_backward(want, 3, 50.0, layout), x, atol=1e-14)


def test_rope_is_the_published_complex_product(spec):
    torch = pytest.importorskip("torch")
    x = torch.randn(2, 3, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    frequencies = 1.0 / (10000.0 ** (torch.arange(0, 8, 2, dtype=torch.float64) / 8))
    angles = torch.outer(torch.arange(5, dtype=torch.float64), frequencies)
    turned = torch.view_as_complex(x.reshape(2, 3, 5, 4, 2)) * torch.polar(torch.ones_like(angles), angles)
    np.testing.assert_allclose(spec.rope(x.numpy()), torch.view_as_real(turned).flatten(3), atol=1e-14)


@pytest.mark.parametrize("d", [1, 2, 5, 8])
def test_sinusoidal_entry_by_entry(spec, d):
    positions = np.array([0.0, 1.0, 2.5, -3.0])
    want = [[(np.cos if c % 2 else np.sin)(p / 10000.0 ** ((c - c % 2) / d)) for c in range(d)] for p in positions]
    np.testing.assert_allclose(spec.sinusoidal(positions, d), want, atol=1e-15)


def test_the_reference_needs_nothing_beyond_the_array_api(spec):
    xp = pytest.importorskip("array_api_strict")
    reference = module("solutions/reference.py")
    x, positions = np.random.default_rng(2).standard_normal((2, 4, 6)), np.arange(4.0)
    for layout in ("interleaved", "half"):
        got = reference.rope(xp.asarray(x), offset=2, layout=layout)
        np.testing.assert_allclose(np.from_dlpack(got), spec.rope(x, 2, layout=layout), atol=1e-14)
    got = reference.sinusoidal(xp.asarray(positions), 5)
    np.testing.assert_allclose(np.from_dlpack(got), spec.sinusoidal(positions, 5), atol=1e-14)
