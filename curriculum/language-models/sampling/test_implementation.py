"""Decoding by pencil: probabilities that are simple fractions."""

import numpy as np

HALVES = np.log([0.5, 0.25, 0.125, 0.125])


def test_top_p_keeps_the_token_that_crosses_p(answer):
    """1/2 is below 0.6 and 1/2 + 1/4 is above it: two tokens stay, as 2/3 and 1/3."""
    np.testing.assert_allclose(answer(logits=HALVES, top_p=0.6), [2 / 3, 1 / 3, 0, 0])


def test_of_equal_logits_the_lower_id_is_kept(answer):
    """Tokens 2 and 3 are equal; the third place of top-3 goes to token 2."""
    np.testing.assert_allclose(answer(logits=HALVES, top_k=3), [4 / 7, 2 / 7, 1 / 7, 0])


def test_temperature_two_takes_the_root_of_every_probability(answer):
    """Roots of 16/25 and 9/25 are 4/5 and 3/5, which are in the ratio 4 : 3."""
    np.testing.assert_allclose(answer(logits=np.log([16 / 25, 9 / 25]), temperature=2.0), [4 / 7, 3 / 7])


def test_top_p_looks_at_what_top_k_left(answer):
    """After top-2 the best token has 2/3 of the mass, so it alone reaches 0.6."""
    np.testing.assert_allclose(answer(logits=HALVES, top_k=2, top_p=0.6), [1, 0, 0, 0])


def test_a_blocked_token_has_no_probability(answer):
    """-inf stays exactly 0, and the two others share all there is."""
    np.testing.assert_allclose(answer(logits=np.array([1.0, -np.inf, 1.0])), [0.5, 0, 0.5])


def test_two_beams_find_what_greedy_search_misses(answer):
    """Greedy takes token 0 (1/2), then can do no better than 1/4; token 1 (3/8) is followed by eos with 7/8."""
    first = [0.5, 0.375, 0.125]
    table = np.log([first, [0.5, 0.25, 0.25], [0.0625, 0.0625, 0.875], [1 / 3, 1 / 3, 1 / 3]])
    greedy = answer.part("beam_search", table=table, bos=0, eos=2, width=1, max_len=2)
    beams = answer.part("beam_search", table=table, bos=0, eos=2, width=2, max_len=2)
    assert [ids for ids, logp in greedy] == [[0, 0, 0]], greedy
    assert [ids for ids, logp in beams] == [[0, 1, 2], [0, 0, 0]], beams
    np.testing.assert_allclose(beams[0][1], np.log(0.375 * 0.875))
