"""The oracles of kl_js against scipy and torch.distributions."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "information-theory" / "kl_js"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("kl_js_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "kind", ["dense", "equal", "p has zeros", "both have zeros", "q has zeros", "disjoint", "tiny"]
)
def test_kl_and_js_are_scipys(spec, kind):
    special, distance = pytest.importorskip("scipy.special"), pytest.importorskip("scipy.spatial.distance")
    x = spec.inputs(np.random.default_rng(1), b=2, kind=kind)
    np.testing.assert_allclose(spec.kl(**x), special.rel_entr(x["p"], x["q"]).sum(axis=-1), atol=1e-14)
    want = distance.jensenshannon(x["p"], x["q"], axis=-1) ** 2
    np.testing.assert_allclose(spec.js(**x), np.nan_to_num(want), atol=1e-13)  # scipy: nan for the root of -1e-17


@pytest.mark.parametrize("sizes", [{}, {"d": 1}, {"kind": "equal"}, {"kind": "diagonal"}, {"d": 50, "scale1": 0.01}])
def test_gaussians_are_torchs(spec, sizes):
    torch = pytest.importorskip("torch")
    x = {name: torch.from_numpy(v) for name, v in spec.gaussian_inputs(np.random.default_rng(2), **sizes).items()}
    normal = torch.distributions.MultivariateNormal
    want = torch.distributions.kl_divergence(normal(x["mu1"], x["s1"]), normal(x["mu2"], x["s2"]))
    got = spec.kl_gaussian(**{name: v.numpy() for name, v in x.items()})
    np.testing.assert_allclose(got, want.item(), rtol=1e-10, atol=1e-12)


def test_one_dimension_is_the_integral(spec):
    integrate, stats = pytest.importorskip("scipy.integrate"), pytest.importorskip("scipy.stats")
    p, q = stats.norm(0.3, 1.2), stats.norm(-0.5, 0.8)
    want, _ = integrate.quad(lambda t: p.pdf(t) * (p.logpdf(t) - q.logpdf(t)), -15, 15)
    got = spec.kl_gaussian(np.array([0.3]), np.array([[1.44]]), np.array([-0.5]), np.array([[0.64]]))
    np.testing.assert_allclose(got, want, rtol=1e-8)


def test_forward_covers_both_peaks_and_reverse_picks_the_heavier(spec):
    p, family = spec.two_peaks(np.random.default_rng(3))
    grid = np.linspace(-8, 8, 33)
    forward, reverse = family[spec.fit_forward(p, family)], family[spec.fit_reverse(p, family)]
    np.testing.assert_allclose([forward @ grid, reverse @ grid], [-1.2, -4], atol=0.5)
    assert forward @ (grid - forward @ grid) ** 2 > 10 > 2 > reverse @ (grid - reverse @ grid) ** 2
