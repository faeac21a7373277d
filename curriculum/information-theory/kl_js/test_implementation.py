"""Divergences by pencil: powers of two, and Gaussians in one dimension."""

import numpy as np

LOG2 = np.log(2)


def test_believing_in_the_wrong_coin(answer):
    """p = (1/2, 1/2), q = (1/4, 3/4): 1/2 log 2 + 1/2 log 2/3 = log 2 - 1/2 log 3. The other way: -1/4 log 2 + 3/4 log 3/2."""
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    np.testing.assert_allclose(answer(p=p, q=q), LOG2 - np.log(3) / 2)
    np.testing.assert_allclose(answer(p=q, q=p), 0.75 * np.log(3) - LOG2)


def test_zeros(answer):
    """Half of the outcomes of q never happen: log 2. What q excludes and p does not: infinite."""
    p, q = np.array([0.5, 0.5, 0.0, 0.0]), np.full(4, 0.25)
    np.testing.assert_allclose(answer(p=p, q=q), LOG2)
    assert answer(p=q, q=p) == np.inf


def test_what_shares_nothing_is_log_2_apart(answer):
    p, q = np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.5, 0.5]])
    np.testing.assert_allclose(answer.part("js", p=p, q=q), [LOG2, 0.0])


def test_two_normals_of_one_width(answer):
    """Means 3 apart, variances 4: 9 / (2 * 4)."""
    one, three, four = np.array([1.0]), np.array([4.0]), np.array([[4.0]])
    np.testing.assert_allclose(answer.part("kl_gaussian", mu1=one, s1=four, mu2=three, s2=four), 9 / 8)


def test_a_narrow_normal_in_a_wide_one(answer):
    """Variances 1 and 4: (1/4 - 1 + log 4) / 2. The other way: (4 - 1 - log 4) / 2."""
    zero, s1, s2 = np.zeros(1), np.array([[1.0]]), np.array([[4.0]])
    np.testing.assert_allclose(answer.part("kl_gaussian", mu1=zero, s1=s1, mu2=zero, s2=s2), LOG2 - 3 / 8)
    np.testing.assert_allclose(answer.part("kl_gaussian", mu1=zero, s1=s2, mu2=zero, s2=s1), 3 / 2 - LOG2)


def test_forward_covers_and_reverse_picks(answer):
    """p has two peaks. Candidate 0 sits on one of them, candidate 1 is flat."""
    p = np.array([0.49, 0.01, 0.01, 0.49])
    family = np.array([[0.97, 0.01, 0.01, 0.01], [0.25, 0.25, 0.25, 0.25]])
    assert answer.part("fit_forward", p=p, family=family) == 1
    assert answer.part("fit_reverse", p=p, family=family) == 0
