"""The oracles of bigram_lm against scipy and torch, and the power of its test on draws."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "language-models" / "bigram_lm"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("bigram_lm_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_counts_are_those_of_a_contingency_table(spec):
    sparse = pytest.importorskip("scipy.sparse")
    x = spec.inputs(np.random.default_rng(1), n=500, v=7)
    ids = x["ids"]
    table = sparse.coo_matrix((np.ones(499), (ids[:-1], ids[1:])), shape=(7, 7)).toarray() + 0.3
    np.testing.assert_allclose(np.exp(spec.fit(**x, alpha=0.3)), table / table.sum(axis=1, keepdims=True))


def test_nll_is_torchs_cross_entropy(spec):
    torch = pytest.importorskip("torch")
    x = spec.scored_inputs(np.random.default_rng(2), n=50, v=6)
    logp, ids = torch.from_numpy(x["logp"]), torch.from_numpy(x["ids"])
    loss = torch.nn.functional.cross_entropy(logp[ids[:-1]], ids[1:])
    np.testing.assert_allclose(spec.nll(**x), loss)
    np.testing.assert_allclose(spec.perplexity(**x), loss.exp())
    np.testing.assert_allclose(spec.bits_per_char(**x, characters=49), loss / np.log(2))


def test_descent_is_torchs_sgd(spec):
    torch = pytest.importorskip("torch")
    x = spec.neural_inputs(np.random.default_rng(3), n=80, v=5, lr=7.0, steps=6)
    w = torch.zeros(5, 5, dtype=torch.float64, requires_grad=True)
    optimizer, ids = torch.optim.SGD([w], lr=7.0), torch.from_numpy(x["ids"])
    for _ in range(6):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(w[ids[:-1]], ids[1:]).backward()
        optimizer.step()
    np.testing.assert_allclose(spec.fit_neural(**x), w.detach(), atol=1e-12)


def walk(p, start, n, rng):
    token, path = start, []
    for _ in range(n):
        token = int(rng.choice(len(p), p=p[token]))
        path.append(token)
    return np.array(path)


def test_p_values_of_right_draws_are_spread_and_of_a_wrong_law_tiny(spec):
    rng = np.random.default_rng(4)
    x = spec.draw_inputs(rng, draws=1500)
    p = np.exp(x["logp"])
    right = [spec.p_value(x, walk(p, x["start"], 1500, rng)) for _ in range(20)]
    assert min(right) > 1e-3
    assert np.median(right) > 0.1
    blurred = 0.7 * p + 0.3 / len(p)
    assert spec.p_value(x, walk(blurred, x["start"], 1500, rng)) < 1e-4
