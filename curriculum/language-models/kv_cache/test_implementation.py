"""A cache of two short sequences, and a model that can do nothing but look up, by pencil."""

import numpy as np


def test_sequences_grow_at_their_own_ends(answer):
    """First one token for the upper and two for the lower sequence, then one more for each."""
    k = np.array([[[[1.0], [2.0]]], [[[3.0], [4.0]]]])  # (b, h, t, w) = (2, 1, 2, 1)
    later = np.array([[[[5.0]]], [[[6.0]]]])
    appends = [(0, k, 10 * k, np.array([1, 2])), (0, later, 10 * later, None)]
    [(keys, values, lengths)], size = answer(appends=appends, layers=1, max_len=4)
    np.testing.assert_array_equal(keys[:, 0, :, 0], [[1.0, 5.0, 0.0], [3.0, 4.0, 6.0]])
    np.testing.assert_array_equal(values, 10 * keys)
    np.testing.assert_array_equal(lengths, [2, 3])
    assert size == 2 * 1 * 2 * 1 * 4 * 1 * 8


def model():
    """Width 2, one layer whose branches give zero: logits are layer norm (wte + wpe) times the embeddings."""
    zero = {"ln_1.weight": (2,), "ln_1.bias": (2,), "attn.c_attn.weight": (2, 6), "attn.c_attn.bias": (6,), "attn.c_proj.weight": (2, 2),
            "attn.c_proj.bias": (2,), "ln_2.weight": (2,), "ln_2.bias": (2,), "mlp.c_fc.weight": (2, 8), "mlp.c_fc.bias": (8,),
            "mlp.c_proj.weight": (8, 2), "mlp.c_proj.bias": (2,)}  # fmt: skip
    state = {f"h.0.{name}": np.zeros(shape) for name, shape in zero.items()}
    state["wte.weight"] = np.array([[1.0, 0.0], [0.0, 1.0]])
    state["wpe.weight"] = np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0]])
    return state | {"ln_f.weight": np.ones(2), "ln_f.bias": np.zeros(2)}


def test_positions_go_on_after_the_prompt(answer):
    """Layer norm of two numbers gives (1, -1) or (-1, 1), by the larger one; position 1 lifts the second, position 2 the first."""
    logits, first, second = answer.part(
        "decode",
        state=model(),
        heads=1,
        ids=np.array([[0]]),
        lengths=np.array([1]),
        later=np.array([[0, 1]]),
        max_len=3,
    )
    np.testing.assert_allclose(logits, [[1.0, -1.0]], atol=1e-4)
    np.testing.assert_allclose(first, [[-1.0, 1.0]], atol=1e-4)
    np.testing.assert_allclose(second, [[1.0, -1.0]], atol=1e-4)
