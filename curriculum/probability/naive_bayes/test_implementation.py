"""Naive Bayes by pencil. new: the rows to classify."""

import numpy as np

X, Y = np.array([[0.0], [2.0], [4.0], [6.0]]), np.array([3, 3, 7, 7])


def test_half_way_between_two_equal_normals_is_undecided(answer):
    """Means 1 and 5, variances 1 and 1, equal priors: at 3 one half each."""
    np.testing.assert_allclose(np.exp(answer(x=X, y=Y, new=np.array([[3.0]]))), [[0.5, 0.5]])


def test_one_step_aside(answer):
    """At 2 the squared distances are 1 and 9: odds exp((9 - 1)/2) = exp(4), so log p(3|x) = -log(1 + exp(-4))."""
    got = answer(x=X, y=Y, new=np.array([[2.0]]))
    np.testing.assert_allclose(got, [[-np.log1p(np.exp(-4)), -4 - np.log1p(np.exp(-4))]], rtol=1e-6)


def test_labels_are_those_of_y(answer):
    np.testing.assert_array_equal(answer(x=X, y=Y, new=np.array([[0.0], [6.0]]), ask="labels"), [3, 7])


def test_words_with_one_added(answer):
    """Class 0: counts (2, 0), so (3/4, 1/4). Class 1: counts (1, 1), so (1/2, 1/2). One word of the second kind: odds 1 : 2."""
    x, y = np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    got = answer.part("MultinomialNB", x=x, y=y, new=np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(np.exp(got), [[1 / 3, 2 / 3]])


def test_no_words_leave_the_prior(answer):
    """Three rows of one class, one of the other."""
    got = answer.part("MultinomialNB", x=np.ones((4, 2)), y=np.array([5, 5, 5, 8]), new=np.zeros((1, 2)))
    np.testing.assert_allclose(np.exp(got), [[0.75, 0.25]])
