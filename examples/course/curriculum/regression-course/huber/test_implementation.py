"""Worked examples for huber, checkable with a pencil: pytest test_implementation.py"""

import numpy as np


def test_near_zero_it_is_half_the_square(answer):
    np.testing.assert_allclose(answer(r=np.array([-1.0, 0.0, 0.5]), delta=1.0), [0.5, 0.0, 0.125])


def test_far_away_it_is_a_line(answer):
    np.testing.assert_allclose(answer(r=np.array([3.0, -5.0]), delta=2.0), [4.0, 8.0])
