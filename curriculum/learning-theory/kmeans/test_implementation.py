"""Worked examples for kmeans that a pencil can check. Points on a line, so that the means are easy."""

import numpy as np

LINE = np.array([[0.0], [2.0], [10.0], [12.0]])


def test_without_a_step_points_only_get_labels(answer):
    """Centres 0 and 10: 0 and 2 are nearer to 0; the squared distances are 0 + 4 + 0 + 4."""
    centers, labels, inertia = answer(x=LINE, centers=np.array([[0.0], [10.0]]), iters=0)
    np.testing.assert_allclose(centers, [[0.0], [10.0]])
    assert labels.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(inertia, [8.0])


def test_a_step_moves_centres_to_the_means(answer):
    """The means are 1 and 11; each point is 1 away, so that the inertia falls from 8 to 4."""
    centers, labels, inertia = answer(x=LINE, centers=np.array([[0.0], [10.0]]), iters=1)
    np.testing.assert_allclose(centers, [[1.0], [11.0]])
    assert labels.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(inertia, [8.0, 4.0])


def test_a_tie_goes_to_the_lower_index(answer):
    """The point 1 lies halfway between the centres 2 and 0: it is the first one's."""
    labels = answer(x=np.array([[1.0]]), centers=np.array([[2.0], [0.0]]), iters=0)[1]
    assert labels.tolist() == [0]


def test_a_centre_without_points_stays(answer):
    """Nobody is near 100, so it does not move; the other centre goes to the mean, 6."""
    centers, labels, inertia = answer(x=LINE, centers=np.array([[5.0], [100.0]]), iters=1)
    np.testing.assert_allclose(centers, [[6.0], [100.0]])
    assert labels.tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(inertia, [108.0, 104.0])


def test_a_bad_start_stays_bad(answer):
    """Two pairs and three centres, two of them in one pair: Lloyd never crosses the gap, and the risk stays 2."""
    centers, _, inertia = answer(x=LINE, centers=np.array([[0.0], [2.0], [11.0]]), iters=5)
    np.testing.assert_allclose(centers, [[0.0], [2.0], [11.0]])
    np.testing.assert_allclose(inertia, np.full(6, 2.0))
