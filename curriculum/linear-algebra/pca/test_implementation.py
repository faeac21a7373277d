"""PCA by pencil; signs are free, so these look at sizes, products. `answer` gives components_, explained_variance_."""

import numpy as np

CROSS = np.array([[12.0, 1.0], [8.0, 1.0], [10.0, 2.0], [10.0, 0.0]])  # around (10, 1): 2 to each side, 1 up and down


def test_the_longer_arm_of_a_cross_comes_first(answer):
    """Deviations 2, -2, 0, 0 have squares of sum 8 over n - 1 = 3; up and down it is 2 over 3."""
    components, variance = answer(x=CROSS, k=2)
    np.testing.assert_allclose(variance, [8 / 3, 2 / 3], rtol=1e-12)
    np.testing.assert_allclose(abs(components), np.eye(2), atol=1e-12)


def test_components_are_rows(answer):
    """Three features, one component: shape (1, 3). All variation lies along (1, 2, 2) / 3."""
    components, variance = answer(x=np.array([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0], [2.0, 4.0, 4.0]]), k=1)
    assert components.shape == (1, 3)
    np.testing.assert_allclose(abs(components), [[1 / 3, 2 / 3, 2 / 3]], rtol=1e-12)
    np.testing.assert_allclose(variance, [9.0], rtol=1e-12)


def test_new_points_are_counted_from_the_mean_of_the_training_data(answer):
    """(13, 5) is 3 to the right of the mean (10, 1); alone, its own mean would make it 0."""
    components, z = answer.part("transform", x=CROSS, k=1, new=np.array([[13.0, 5.0]]))
    np.testing.assert_allclose(z * components[0, 0], [[3.0]], rtol=1e-12)


def test_back_again_only_the_kept_direction_is_left(answer):
    """Coordinate 3 along the first axis of the cross, from the mean: (10 + 3, 1), whatever sign the component has."""
    components, _ = answer(x=CROSS, k=1)
    _, back = answer.part("inverse_transform", x=CROSS, k=1, z=3.0 * components[:, :1])
    np.testing.assert_allclose(back, [[13.0, 1.0]], rtol=1e-12)
