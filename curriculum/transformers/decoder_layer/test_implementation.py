"""A decoder layer of width 2 by pencil: all matrices zero but those that an example is about."""

import numpy as np

MEMORY = np.array([[[2.0, 4.0], [6.0, 8.0]]])
VALUES = np.concatenate([np.zeros((4, 2)), np.eye(2)])  # no queries and keys: equal weights; values as they are


def state(**changed):
    """Zeros for the projections of queries, keys and values, for the network and all biases;
    names with __ for the dots."""
    given = {f"norm{i}.{name}": np.full(2, float(name == "weight")) for i in (1, 2, 3) for name in ("weight", "bias")}
    for name in ("self_attn", "multihead_attn"):
        given |= {f"{name}.in_proj_weight": np.zeros((6, 2)), f"{name}.in_proj_bias": np.zeros(6)}
        given |= {f"{name}.out_proj.weight": np.eye(2), f"{name}.out_proj.bias": np.zeros(2)}
    given |= {"linear1.weight": np.eye(2), "linear1.bias": np.zeros(2)}
    given |= {"linear2.weight": np.zeros((2, 2)), "linear2.bias": np.zeros(2)}
    return given | {name.replace("__", "."): value for name, value in changed.items()}


def test_the_memory_is_averaged_as_it_is(answer):
    """Pre-norm, equal weights: the mean of (2, 4) and (6, 8), which is (4, 6), is added to every token."""
    x = np.array([[[1.0, 3.0], [0.0, 0.0]]])
    got = answer(x=x, memory=MEMORY, state=state(multihead_attn__in_proj_weight=VALUES), heads=1, norm_first=True)
    np.testing.assert_allclose(got, [[[5.0, 9.0], [4.0, 6.0]]])


def test_padding_of_the_memory_is_not_seen(answer):
    """Only (2, 4) is left of the memory."""
    hidden = np.array([[False, True]])
    given = {
        "state": state(multihead_attn__in_proj_weight=VALUES),
        "heads": 1,
        "norm_first": True,
        "memory_padding": hidden,
    }
    np.testing.assert_allclose(answer(x=np.array([[[1.0, 3.0]]]), memory=MEMORY, **given), [[[3.0, 7.0]]])


def test_a_token_sees_itself_and_what_came_before(answer):
    """Pre-norm: rows become (-1, 1) and (1, -1); the first adds itself, the second the mean of both, which is 0."""
    x = np.array([[[1.0, 3.0], [3.0, 1.0]]])
    got = answer(x=x, memory=MEMORY, state=state(self_attn__in_proj_weight=VALUES), heads=2, norm_first=True)
    np.testing.assert_allclose(got, [[[0.0, 4.0], [3.0, 1.0]]], atol=1e-4)


def test_post_norm_with_sublayers_of_zero_normalizes(answer):
    """(1, 3) becomes (-1, 1), three times over, up to eps."""
    got = answer(x=np.array([[[1.0, 3.0]]]), memory=MEMORY, state=state(), heads=1)
    np.testing.assert_allclose(got, [[[-1.0, 1.0]]], atol=3e-5)
