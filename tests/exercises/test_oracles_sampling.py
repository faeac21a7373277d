"""The oracles of sampling against torch, scipy and plain enumeration; its statistical test against right and wrong draws."""

import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "language-models" / "sampling"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("sampling_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def filtered_by_torch(logits, temperature, top_k, top_p):
    """Warp the logits with -inf, as generation libraries do: k-th value first, then the sorted cumulative sum."""
    torch = pytest.importorskip("torch")

    scores = torch.tensor(logits) / temperature
    if top_k is not None:
        scores[scores < scores.topk(top_k).values[..., -1:]] = -torch.inf
    ordered, order = scores.sort(descending=True)
    probs = ordered.softmax(-1)
    removed = (probs.cumsum(-1) - probs >= top_p).scatter(-1, order, probs.cumsum(-1) - probs >= top_p)
    return scores.masked_fill(removed, -torch.inf).softmax(-1).numpy()


@pytest.mark.parametrize(
    ("temperature", "top_k", "p"), [(1.0, None, (0.3, 0.9)), (2.0, 5, (0.3, 0.9)), (0.5, 3, (0.7, 0.95))]
)
def test_filter_probs_agrees_with_torch(spec, temperature, top_k, p):
    x = spec.inputs(np.random.default_rng(1), temperature=temperature, top_k=top_k, p=p, rows=4, v=23)
    expected = filtered_by_torch(x["logits"], temperature, top_k, x["top_p"])
    np.testing.assert_allclose(spec.filter_probs(**x), expected, atol=1e-14)


def test_without_filters_it_is_softmax(spec):
    from scipy.special import softmax

    logits = spec.some_logits(np.random.default_rng(2), blocked=3)
    np.testing.assert_allclose(spec.filter_probs(logits, 0.7), softmax(logits / 0.7, axis=-1), atol=1e-15)


def test_beam_search_agrees_with_enumeration(spec):
    x = spec.beam_inputs(np.random.default_rng(3), v=4, width=1000, max_len=4)
    complete = []
    for tokens in product(range(4), repeat=4):
        end = tokens.index(x["eos"]) + 1 if x["eos"] in tokens else 4
        ids = [x["bos"], *tokens[:end]]
        logp = sum(spec.next_scores(x["table"], ids[:i])[ids[i]] for i in range(1, len(ids)))
        complete.append((-logp, ids))
    unique = sorted({(cost, tuple(ids)) for cost, ids in complete})
    assert [tuple(ids) for ids, _ in spec.beam_search(**x)] == [ids for _, ids in unique]


def drawn(spec, law_of, seed):
    """Draws from law_of(logits) for every row, and their p-value."""
    rng = np.random.default_rng(seed)
    x = spec.draw_inputs(rng, draws=2000, temperature=1.5, p=(0.5, 0.8))
    cumulative = np.cumsum(law_of(**x), axis=-1)
    ids = (cumulative <= rng.random(2000)[:, None] * cumulative[:, -1:]).sum(axis=-1)
    return spec.p_value(x, ids)


def test_right_draws_have_evenly_spread_p_values(spec):
    from scipy.stats import kstest

    values = [drawn(spec, lambda rng, **x: spec.filter_probs(**x), seed) for seed in range(60)]
    assert kstest(values, "uniform").pvalue > 1e-3


def test_draws_without_the_filter_are_impossible(spec):
    assert drawn(spec, lambda rng, logits, **_: spec.filter_probs(logits), 0) == 0.0
