"""A layer of two inputs and two outputs with an update of rank one, by pencil."""

import numpy as np

from harness.spec import Rng

LAYER = {
    "w": np.array([[1.0, 0.0], [0.0, 1.0]]), "bias": np.array([10.0, 20.0]), "alpha": 2.0,
    "a": np.array([[1.0, 2.0]]), "b": np.array([[3.0], [0.0]]), "rng": Rng(0),
}  # fmt: skip


def test_the_update_is_b_times_a(answer):
    """alpha / r is 2, and b a is (3, 6; 0, 0): the weight is (7, 12; 0, 1)."""
    y = answer.part("forward", x=np.array([[1.0, 1.0]]), **LAYER)
    np.testing.assert_allclose(y, [[7 + 12 + 10, 0 + 1 + 20]])


def test_alpha_is_divided_by_the_rank(answer):
    """The same update, written with rank 2: alpha / r is 1, so y moves by half as much."""
    two = {"a": np.array([[1.0, 2.0], [0.0, 0.0]]), "b": np.array([[3.0, 0.0], [0.0, 0.0]])}
    y = answer.part("forward", x=np.array([[1.0, 1.0]]), **{**LAYER, **two})
    np.testing.assert_allclose(y, [[1 + 9 + 10, 1 + 20]])


def test_the_gradients_of_one_row(answer):
    """x = (1, 1), dy = (1, 1): a x is 3, so db is 2 * 1 * 3; b^T dy is 3, so da is 2 * 3 * (1, 1); dx = W^T dy."""
    da, db, dx = answer.part("backward", dy=np.array([[1.0, 1.0]]), x=np.array([[1.0, 1.0]]), **LAYER)
    np.testing.assert_allclose(da, [[6.0, 6.0]])
    np.testing.assert_allclose(db, [[6.0], [6.0]])
    np.testing.assert_allclose(dx, [[7.0, 13.0]])


def test_merging_adds_the_update_and_unmerging_takes_it_out(answer):
    """w becomes (7, 12; 0, 1), and the identity again."""
    x = np.zeros((1, 2))
    seen = answer.part("merging", x=x, dy=x, does=["merge", "merge", "unmerge"], **LAYER)
    np.testing.assert_allclose(seen[0], [[7.0, 12.0], [0.0, 1.0]])
    np.testing.assert_allclose(seen[1], seen[0])
    np.testing.assert_allclose(seen[2], [[1.0, 0.0], [0.0, 1.0]], atol=1e-12)


def test_a_new_layer_is_the_base(answer):
    """Rank 1 on two inputs and two outputs: 1 * (2 + 2) numbers learn, b is zero, y is x w^T + bias."""
    given = {name: LAYER[name] for name in ("w", "bias", "alpha")}
    _, b, y, count = answer.part("start", r=1, x=np.array([[3.0, 4.0]]), rng=Rng(5), **given)
    np.testing.assert_array_equal(b, [[0.0], [0.0]])
    np.testing.assert_allclose(y, [[13.0, 24.0]])
    assert count == 4
