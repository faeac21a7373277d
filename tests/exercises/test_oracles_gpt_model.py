"""The oracle of gpt_model against torch's own blocks, its count, and the power of its test on draws."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "transformers" / "gpt_model"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("gpt_model_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def torch_logits(state, heads, ids):
    """GPT-2 from scaled_dot_product_attention, layer_norm and gelu."""
    import torch
    from torch.nn import functional

    w = {name: torch.from_numpy(array) for name, array in state.items()}
    ids = torch.from_numpy(ids)

    def linear(x, name):
        return functional.linear(x, w[f"{name}.weight"].T, w[f"{name}.bias"])

    def norm(x, name):
        return functional.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    x = functional.embedding(ids, w["wte.weight"]) + w["wpe.weight"][: ids.shape[1]]
    for i in range(sum(name.endswith("ln_1.bias") for name in w)):
        parts = linear(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in parts)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + linear(mixed, f"h.{i}.attn.c_proj")
        up = functional.gelu(linear(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), approximate="tanh")
        x = x + linear(up, f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f") @ w["wte.weight"].T


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_logits_and_loss_are_torchs(spec, heads):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(1), heads=heads)
    theirs = torch_logits(x["state"], heads, x["ids"])
    np.testing.assert_allclose(spec.forward(x["ids"], x["state"], heads), theirs, atol=1e-11)
    targets = torch.from_numpy(x["ids"][:, 1:]).flatten()
    loss = torch.nn.functional.cross_entropy(theirs[:, :-1].flatten(0, 1), targets)
    np.testing.assert_allclose(spec.loss(x["ids"], x["state"], heads), loss, atol=1e-11)


def test_the_closed_form_counts_every_array(spec):
    sizes = {"vocab": 19, "ctx": 7, "d": 12, "layers": 3}
    assert spec.n_params(**sizes) == sum(int(np.prod(shape)) for shape in spec.shapes(**sizes).values())
    assert spec.n_params(50257, 1024, 768, 12) == 124_439_808


def test_p_values_tell_the_right_law_from_a_colder_one(spec):
    rng = np.random.default_rng(5)
    x = spec.sample_inputs(rng, draws=2000, temperature=3.0)

    def drawn(temperature):
        ids = x["ids"]
        for _ in range(2):
            law = spec.next_law(ids, x["state"], x["heads"], temperature)
            token = (law.cumsum(axis=1) <= rng.random((len(ids), 1))).sum(axis=1)
            ids = np.concatenate([ids, token[:, None]], axis=1)
        return ids

    assert spec.p_value(x, drawn(3.0)) > 1e-3
    assert spec.p_value(x, drawn(2.0)) < 1e-4
