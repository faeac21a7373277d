"""Schedules by pencil. t may be a list of steps; the answer is then a list of rates."""

import numpy as np


def test_step_halves_every_three_steps(answer):
    rates = answer(t=[0, 1, 2, 3, 4, 5, 6], base=8.0, every=3, gamma=0.5)
    np.testing.assert_allclose(rates, [8, 8, 8, 4, 4, 4, 2])


def test_exponential_is_a_power(answer):
    np.testing.assert_allclose(answer.part("exponential", t=[0, 1, 2, 3], base=8.0, gamma=0.5), [8, 4, 2, 1])


def test_cosine_at_its_thirds(answer):
    """cos 0 = 1, cos 60 = 1/2, cos 120 = -1/2, cos 180 = -1 degrees: weights 1, 3/4, 1/4, 0."""
    rates = answer.part("cosine", t=[0, 1, 2, 3, 4, 100], total=3, base=5.0, lr_min=1.0)
    np.testing.assert_allclose(rates, [5, 4, 2, 1, 1, 1])


def test_warm_up_climbs_to_base_and_the_cosine_starts_there(answer):
    """1/4, 2/4, 3/4, 4/4 of 8; then the cosine over 2 steps: 8, half-way 4, and 0."""
    rates = answer.part("cosine", t=[0, 1, 2, 3, 4, 5, 6], total=6, base=8.0, warmup=4)
    np.testing.assert_allclose(rates, [2, 4, 6, 8, 8, 4, 0], atol=1e-12)


def test_one_cycle_peaks_at_step_two(answer):
    """total 6, pct 1/2: the peak is at 0.5 * 6 - 1 = 2, the end at 5. Up from 2 to 10 over 2 steps, down to 1 over 3."""
    rates = answer.part("one_cycle", t=[0, 1, 2, 3, 4, 5, 6], total=6, max_lr=10.0, pct=0.5, div=5.0, final_div=2.0)
    np.testing.assert_allclose(rates, [2, 6, 10, 7.75, 3.25, 1, 1])
