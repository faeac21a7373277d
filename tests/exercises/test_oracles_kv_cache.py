"""The oracle's model against torch's own blocks, and its steps against its full pass."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "language-models" / "kv_cache"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("kv_cache_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def torch_logits(state, heads, ids):
    """GPT-2 from scaled_dot_product_attention, layer_norm and gelu."""
    import torch
    from torch.nn import functional

    state = {name: torch.from_numpy(array) for name, array in state.items()}
    x = state["wte.weight"][ids] + state["wpe.weight"][: len(ids)]
    d = x.shape[-1]
    for i in range(sum(name.endswith("ln_1.bias") for name in state)):
        w = {name.removeprefix(f"h.{i}."): array for name, array in state.items()}
        qkv = (
            functional.layer_norm(x, (d,), w["ln_1.weight"], w["ln_1.bias"]) @ w["attn.c_attn.weight"]
            + w["attn.c_attn.bias"]
        )
        q, k, v = (part.unflatten(-1, (heads, -1)).transpose(0, 1) for part in qkv.chunk(3, dim=-1))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(0, 1).flatten(1)
        x = x + mixed @ w["attn.c_proj.weight"] + w["attn.c_proj.bias"]
        up = (
            functional.layer_norm(x, (d,), w["ln_2.weight"], w["ln_2.bias"]) @ w["mlp.c_fc.weight"] + w["mlp.c_fc.bias"]
        )
        x = x + functional.gelu(up, approximate="tanh") @ w["mlp.c_proj.weight"] + w["mlp.c_proj.bias"]
    return functional.layer_norm(x, (d,), state["ln_f.weight"], state["ln_f.bias"]) @ state["wte.weight"].T


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_the_model_is_torchs(spec, heads):
    pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    state, ids = spec.a_model(rng), rng.integers(0, 11, 9)
    np.testing.assert_allclose(spec.one_text(state, heads, ids)[0], torch_logits(state, heads, ids), atol=1e-11)


def test_a_past_and_the_rest_are_the_whole(spec):
    rng = np.random.default_rng(2)
    state, ids = spec.a_model(rng), rng.integers(0, 11, 9)
    whole, held = spec.one_text(state, 2, ids)
    _, past = spec.one_text(state, 2, ids[:6])
    rest, together = spec.one_text(state, 2, ids[6:], past)
    np.testing.assert_allclose(rest, whole[6:], atol=1e-12)
    np.testing.assert_allclose(together[1][0], held[1][0], atol=1e-12)


def test_steps_are_the_last_rows_of_longer_texts(spec):
    x = spec.decode_inputs(np.random.default_rng(3), b=2, l=4, steps=3)
    seen = spec.decode(**x)
    text = np.concatenate([x["ids"][0], x["later"][0]])
    np.testing.assert_allclose(
        np.stack([row[0] for row in seen]), spec.one_text(x["state"], 2, text)[0][3:], atol=1e-12
    )
