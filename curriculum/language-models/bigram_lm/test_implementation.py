"""A bigram model of the text 'abaab', with a = 0 and b = 1, by pencil."""

import numpy as np

from harness.spec import Rng

TEXT = np.array([0, 1, 0, 0, 1])  # pairs: ab twice, ba once, aa once


def test_counts_become_probabilities(answer):
    """After a comes a once and b twice; after b always a; smoothing with alpha 1 adds one to each of these counts."""
    np.testing.assert_allclose(np.exp(answer(ids=TEXT, vocab=2, alpha=1.0)), [[2 / 5, 3 / 5], [2 / 3, 1 / 3]])


def test_without_smoothing_an_unseen_pair_is_impossible(answer):
    """bb does not occur."""
    np.testing.assert_allclose(np.exp(answer(ids=TEXT, vocab=2, alpha=0.0)), [[1 / 3, 2 / 3], [1.0, 0.0]])


def test_perplexity_is_a_geometric_mean(answer):
    """Probabilities 1/2 and 1/8 have the geometric mean 1/4."""
    logp = np.log([[1 / 2, 1 / 8, 3 / 8]] * 3)
    np.testing.assert_allclose(answer.part("perplexity", logp=logp, ids=np.array([2, 0, 1])), 4.0)
    np.testing.assert_allclose(answer.part("nll", logp=logp, ids=np.array([2, 0, 1])), np.log(4.0))


def test_bits_are_shared_by_the_characters(answer):
    """1 bit and 3 bits for two tokens that spell eight characters: half a bit a character."""
    logp = np.log([[1 / 2, 1 / 8, 3 / 8]] * 3)
    np.testing.assert_allclose(answer.part("bits_per_char", logp=logp, ids=np.array([2, 0, 1]), characters=8), 0.5)


def test_the_first_step_moves_towards_the_counts(answer):
    """At zero logits both tokens have 1/2. Of 4 pairs 3 start with a: its row moves by 3/4 * ((1/3, 2/3) - (1/2, 1/2))."""
    w = answer.part("fit_neural", ids=TEXT, vocab=2, lr=8.0, steps=1)
    np.testing.assert_allclose(w, [[-1.0, 1.0], [1.0, -1.0]])


def test_a_table_without_choice_is_a_cycle(answer):
    """After 0 comes 2, after 2 comes 1, after 1 comes 0."""
    with np.errstate(divide="ignore"):
        logp = np.log(np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    got = answer.part("sample", logp=logp, start=1, n=5, rng=Rng(0))
    np.testing.assert_array_equal(got, [0, 2, 1, 0, 2])
