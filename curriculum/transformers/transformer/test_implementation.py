"""A transformer of width 2 whose sublayers give nothing, by pencil: a norm of two numbers is (1, -1) or (-1, 1), by the larger one."""

import numpy as np

from harness.spec import Rng

ATTENTION = {"in_proj_weight": (6, 2), "in_proj_bias": (6,), "out_proj.weight": (2, 2), "out_proj.bias": (2,)}
NETWORK = {"linear1.weight": (3, 2), "linear1.bias": (3,), "linear2.weight": (2, 3), "linear2.bias": (2,)}


def model():
    """Sublayers of zeros, so x stays sqrt(2) * embedding + position: (0, 1) at place 0, (0.84, 0.54) at place 1, (0.91, -0.42) at place 2."""
    shapes = {}
    for side, attentions in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "multihead_attn"))):
        block = f"{side}.layers.0."
        shapes |= {f"{block}{a}.{name}": shape for a in attentions for name, shape in ATTENTION.items()}
        shapes |= {block + name: shape for name, shape in NETWORK.items()}
        shapes |= {
            f"{block}norm{i}.{kind}": (2,) for i in (1, 2, 3)[: 1 + len(attentions)] for kind in ("weight", "bias")
        }
    state = {name: np.zeros(shape) for name, shape in shapes.items()}
    for side in ("encoder", "decoder"):
        state |= {f"{side}.norm.weight": np.ones(2), f"{side}.norm.bias": np.zeros(2)}
    state["embedding.weight"] = np.array([[0.0, 0.0], [1.0, -1.0], [-1.0, 1.0]])
    return {"state": state, "heads": 1, "rng": Rng(0)}


def test_the_base_model_of_the_paper(answer):
    """37,000 rows of 512; six times 12 d^2 + 24 d + 4 d ff + 2 ff = 7,356,416; two last norms of 1,024."""
    got = answer.part("n_params", src_vocab=37_000, tgt_vocab=37_000, d=512, ff=2048, layers=6)
    assert got == 18_944_000 + 44_138_496 + 2_048


def test_the_decoders_stream_is_normalized_and_compared_with_the_table(answer):
    """Place 0, token 1: (1.41, -0.41) gives (1, -1); place 1, token 2: (-0.57, 1.95) gives (-1, 1). Products with (0, 0), (1, -1), (-1, 1)."""
    logits = answer.part("forward", src=np.array([[1, 2]]), tgt=np.array([[1, 2]]), **model())
    np.testing.assert_allclose(logits, [[[0.0, 2.0, -2.0], [0.0, -2.0, 2.0]]], atol=1e-4)


def test_each_place_predicts_the_next_token(answer):
    """Place 0 reads 1, target 2: logits (0, 2, -2), so the loss is log(1 + e^2 + e^-2) + 2. The target after it is padding."""
    loss = answer.part("loss", src=np.array([[2]]), tgt=np.array([[1, 2, 0]]), **model())
    np.testing.assert_allclose(loss, np.log(1 + np.exp(2) + np.exp(-2)) + 2, atol=1e-4)


def test_greedy_writes_until_eos(answer):
    """After 1 comes 1, again at every place; with 1 as eos the text ends with it, and padding follows."""
    given = {"src": np.array([[2, 2]]), "bos": 1, "max_len": 3} | model()
    np.testing.assert_array_equal(answer.part("greedy", eos=2, **given), [[1, 1, 1]])
    np.testing.assert_array_equal(answer.part("greedy", eos=1, **given), [[1, 0, 0]])
