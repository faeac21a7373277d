"""A GPT of width 2 whose branches give nothing, by pencil: layer norm of two numbers is (1, -1) or (-1, 1), by the larger one."""

import numpy as np

from harness.spec import Rng


def model(layers=1):
    """Every weight of the branches is zero, so x stays wte + wpe; the embeddings are the two axes."""
    shapes = {"ln_1.weight": (2,), "ln_1.bias": (2,), "attn.c_attn.weight": (2, 6), "attn.c_attn.bias": (6,), "attn.c_proj.weight": (2, 2),
              "attn.c_proj.bias": (2,), "ln_2.weight": (2,), "ln_2.bias": (2,), "mlp.c_fc.weight": (2, 8), "mlp.c_fc.bias": (8,),
              "mlp.c_proj.weight": (8, 2), "mlp.c_proj.bias": (2,)}  # fmt: skip
    state = {f"h.{i}.{name}": np.zeros(shape) for i in range(layers) for name, shape in shapes.items()}
    state["wte.weight"] = np.array([[1.0, 0.0], [0.0, 1.0]])
    state["wpe.weight"] = np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0]])
    return {"state": state | {"ln_f.weight": np.ones(2), "ln_f.bias": np.zeros(2)}, "heads": 1, "rng": Rng(0)}


def test_the_count_of_gpt_2_small(answer):
    """Two tables, twelve layers of 12 d^2 + 13 d, and the last norm."""
    assert answer.part("n_params", vocab=50257, ctx=1024, d=768, layers=12) == 124_439_808


def test_positions_are_added_to_tokens(answer):
    """Token 0 leads at position 0; at position 1 the second number is lifted by 9, at position 2 the first."""
    logits = answer.part("forward", ids=np.array([[0, 0, 1]]), **model())
    np.testing.assert_allclose(logits, [[[1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]]], atol=1e-4)


def test_each_place_predicts_the_next_token(answer):
    """Logits (1, -1), then (-1, 1); targets 0 and 1 get the larger one each time: log(1 + exp(-2))."""
    loss = answer.part("loss", ids=np.array([[0, 0, 1]]), **model())
    np.testing.assert_allclose(loss, np.log1p(np.exp(-2)), atol=1e-4)


def test_greedy_generation(answer):
    """Token 0 at place 0 prefers 0; at place 1 token 1 is preferred, whatever stands there; at place 2 token 0."""
    got = answer.part("generate", ids=np.array([[0]]), n=3, options={"top_k": 1}, **model())
    np.testing.assert_array_equal(got, [[0, 0, 1, 0]])
