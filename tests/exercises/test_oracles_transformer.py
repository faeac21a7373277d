"""The oracle of transformer against torch.nn.Transformer, torch.autograd, and the count of the paper's base model."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "transformers" / "transformer"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("transformer_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def torch_logits(torch, src, tgt, state, heads):
    """torch.nn.Transformer with the weights of `state`; the embedding and its positions as torch has no class for them."""
    table = {
        use: state.get("embedding.weight", state.get(f"{use}.weight"))
        for use in ("src_embedding", "tgt_embedding", "head")
    }
    d, layers = table["head"].shape[1], sum(name.endswith("norm3.bias") for name in state)
    model = torch.nn.Transformer(
        d, heads, layers, layers, len(state["encoder.layers.0.linear1.bias"]), 0.0, batch_first=True, norm_first=True,
        dtype=torch.float64,
    )  # fmt: skip
    model.load_state_dict({name: array for name, array in state.items() if name.startswith(("encoder.", "decoder."))})

    def embed(ids, use):
        angles = torch.arange(ids.shape[1])[:, None] * torch.exp(-math.log(10000) * torch.arange(0, d, 2).double() / d)
        waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :d]
        return torch.nn.functional.embedding(ids, table[use]) * math.sqrt(d) + waves

    arguments = embed(src, "src_embedding"), embed(tgt, "tgt_embedding")
    mask = torch.nn.Transformer.generate_square_subsequent_mask(tgt.shape[1], dtype=torch.float64)
    padding = torch.zeros(src.shape, dtype=torch.float64).masked_fill(src == 0, -torch.inf)
    out = torch.func.functional_call(
        model, {name: array for name, array in state.items() if name.startswith(("encoder.", "decoder."))}, arguments,
        {"tgt_mask": mask, "src_key_padding_mask": padding, "memory_key_padding_mask": padding, "tgt_is_causal": True},
    )  # fmt: skip
    return out @ table["head"].T


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize(
    "sizes", [{}, {"heads": 1, "layers": 1, "width": 6}, {"tied": False, "w": 13, "padding": "both", "b": 3}]
)
def test_logits_loss_and_gradients_are_torchs(spec, sizes):
    torch = pytest.importorskip("torch")
    x = spec.inputs(np.random.default_rng(1), **sizes)
    state = {name: torch.from_numpy(array).requires_grad_() for name, array in x["state"].items()}
    src, tgt = torch.from_numpy(x["src"]), torch.from_numpy(x["tgt"])
    logits = torch_logits(torch, src, tgt, state, x["heads"])
    np.testing.assert_allclose(spec.forward(**x), logits.detach(), atol=1e-10)
    logits = torch_logits(torch, src, tgt[:, :-1], state, x["heads"])
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten(), ignore_index=0)
    np.testing.assert_allclose(spec.loss(**x), loss.detach(), atol=1e-10)
    grads = torch.autograd.grad(loss, list(state.values()))
    mine = dict(zip(sorted(state), spec.gradients(**x), strict=True))
    for name, theirs in zip(state, grads, strict=True):
        np.testing.assert_allclose(mine[name], theirs, atol=1e-10, err_msg=name)


def test_the_closed_form_counts_every_array(spec):
    for tied in (True, False):
        found = spec.shapes(7, 7 if tied else 9, 6, 10, 3, tied)
        assert spec.n_params(7, 7 if tied else 9, 6, 10, 3, tied) == sum(
            int(np.prod(shape)) for shape in found.values()
        )
    assert spec.n_params(37_000, 37_000, 512, 2048, 6) == 63_084_544


def test_greedy_writing_is_what_the_verdict_accepts(spec):
    """A verdict that is built from prefixes accepts the oracle's text and refuses one with a token exchanged."""

    class Check:
        def true(self, condition, what):
            assert np.all(condition), what

    x = spec.greedy_inputs(np.random.default_rng(2))
    written = spec.write(x["src"], x["state"], x["heads"], x["bos"], x["eos"], x["max_len"])
    text = np.where(written == -1, 0, written)
    spec.verify_greedy(x, text, Check())
    wrong = text.copy()
    wrong[1, 0] = (wrong[1, 0] + 1) % 13
    with pytest.raises(AssertionError):
        spec.verify_greedy(x, wrong, Check())
