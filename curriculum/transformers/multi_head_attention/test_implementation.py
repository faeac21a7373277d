"""Two heads of width 1 by pencil: with no query all weights are equal, and what each head reads can be told apart."""

import numpy as np


def parameters(values=((1.0, 0.0), (0.0, 1.0)), out=((1.0, 0.0), (0.0, 1.0)), out_bias=(0.0, 0.0)):
    """Width 2; queries and keys are projected to 0, values and the output by the given matrices."""
    in_proj = np.concatenate([np.zeros((4, 2)), np.array(values)])
    return {"in_proj": in_proj, "in_bias": np.zeros(6), "out_proj": np.array(out), "out_bias": np.array(out_bias)}


MEMORY = np.array([[[1.0, 10.0], [3.0, 30.0]]])
QUERY = np.zeros((1, 1, 2))


def test_equal_weights_average_in_every_head(answer):
    """Head 0 averages 1 and 3, head 1 averages 10 and 30; the output adds 5 to the first."""
    got = answer.part("multi_head_attention", q=QUERY, k=MEMORY, v=MEMORY, heads=2, **parameters(out_bias=(5.0, 0.0)))
    np.testing.assert_allclose(got, [[[2.0 + 5.0, 20.0]]])


def test_each_head_has_its_own_mask(answer):
    """Head 0 sees the first key only, head 1 the second only: 1 from one, 30 from the other."""
    mask = np.array([[[True, False]], [[False, True]]])
    got = answer.part("multi_head_attention", q=QUERY, k=MEMORY, v=MEMORY, heads=2, mask=mask, **parameters())
    np.testing.assert_allclose(got, [[[1.0, 30.0]]])


def test_projections_multiply_by_the_transposed_matrix(answer):
    """Values (x0, x1) become (x0 + x1, 0): head 0 averages 11 and 33; the output sends it to the second entry."""
    given = parameters(values=((1.0, 1.0), (0.0, 0.0)), out=((0.0, 0.0), (1.0, 0.0)))
    got = answer.part("multi_head_attention", q=QUERY, k=MEMORY, v=MEMORY, heads=2, **given)
    np.testing.assert_allclose(got, [[[0.0, 22.0]]])


def test_scores_are_divided_by_the_root_of_a_heads_width(answer):
    """One head of width 4, query (1, 1, 1, 1), key log(3)/2 times that: score 4 log(3)/2 / 2 = log 3 against 0:
    weights 3/4, 1/4."""
    in_proj = np.concatenate([np.eye(4), np.eye(4), np.eye(4)])
    k = np.array([[[np.log(3.0) / 2] * 4, [0.0] * 4]])
    got = answer.part("head_weights", q=np.ones((1, 1, 4)), k=k, in_proj=in_proj, in_bias=np.zeros(12), heads=1)
    np.testing.assert_allclose(got, [[[[0.75, 0.25]]]])


def test_the_gradient_of_values_and_output(answer):
    """Weights 1/2: a gradient of 1 at both outputs gives each key 1/2 in v, and dout_proj holds the joined heads,
    2 and 20, in each row."""
    x = {"q": QUERY, "k": MEMORY, "v": MEMORY, "heads": 2, **parameters()}
    dq, dk, dv, din_proj, din_bias, dout_proj, dout_bias = answer.part(
        "multi_head_attention_backward", dout=np.ones((1, 1, 2)), **x
    )
    np.testing.assert_allclose(dv, [[[0.5, 0.5], [0.5, 0.5]]])
    np.testing.assert_allclose(dout_proj, [[2.0, 20.0], [2.0, 20.0]])
    np.testing.assert_allclose(dout_bias, [1.0, 1.0])
    np.testing.assert_allclose(
        din_bias, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    )  # of queries and keys 0, as keys and queries are
    np.testing.assert_allclose(din_proj[4:], [[2.0, 20.0], [2.0, 20.0]])  # the mean of the memory, for each head
    np.testing.assert_allclose(np.concatenate([dq, dk], axis=1), np.zeros((1, 3, 2)))
