"""An encoder layer of width 2 by pencil: all matrices zero but those that an example is about."""

import numpy as np

ROW = np.array([[[1.0, 3.0]]])  # mean 2, deviation 1


def state(**changed):
    """Zeros for the matrices and biases, norms that change nothing; names with _ for the dots."""
    given = {
        "self_attn.in_proj_weight": np.zeros((6, 2)), "self_attn.in_proj_bias": np.zeros(6),
        "self_attn.out_proj.weight": np.eye(2), "self_attn.out_proj.bias": np.zeros(2),
        "linear1.weight": np.eye(2), "linear1.bias": np.zeros(2), "linear2.weight": np.zeros((2, 2)), "linear2.bias": np.zeros(2),
        "norm1.weight": np.ones(2), "norm1.bias": np.zeros(2), "norm2.weight": np.ones(2), "norm2.bias": np.zeros(2),
    }  # fmt: skip
    return given | {name.replace("__", "."): np.array(value) for name, value in changed.items()}


def test_pre_norm_with_sublayers_of_zero_is_the_identity(answer):
    """Both branches add nothing."""
    np.testing.assert_allclose(answer(x=ROW, state=state(), heads=1, norm_first=True), ROW)


def test_post_norm_with_sublayers_of_zero_normalizes(answer):
    """(1, 3) becomes (-1, 1); normalized again it stays, up to eps."""
    np.testing.assert_allclose(answer(x=ROW, state=state(), heads=1), [[[-1.0, 1.0]]], atol=2e-5)


def test_the_network_reads_the_normalized_row_and_adds_to_the_row(answer):
    """Pre-norm: norm2 gives (-1, 1), relu (0, 1), times 10 is (0, 10), added to (1, 3)."""
    got = answer(x=ROW, state=state(linear2__weight=10 * np.eye(2)), heads=1, norm_first=True)
    np.testing.assert_allclose(got, [[[1.0, 13.0]]], atol=1e-4)


def test_attention_averages_what_is_no_padding(answer):
    """Pre-norm, no scores, values = the normalized rows, (-1, 1), (1, -1) and, hidden, (-1, 1):
    the mean of the first two is 0."""
    in_proj = np.concatenate([np.zeros((4, 2)), np.eye(2)])
    x = np.array([[[1.0, 3.0], [3.0, 1.0], [5.0, 7.0]]])
    hidden = np.array([[False, False, True]])
    got = answer(x=x, state=state(self_attn__in_proj_weight=in_proj), heads=2, norm_first=True, key_padding=hidden)
    np.testing.assert_allclose(got, x, atol=1e-4)
    third = answer(x=x, state=state(self_attn__in_proj_weight=in_proj), heads=2, norm_first=True)
    np.testing.assert_allclose(third, x + np.array([-1 / 3, 1 / 3]), atol=1e-4)
