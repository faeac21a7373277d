"""Worked examples for running_mean, checkable with a pencil: pytest test_implementation.py"""

import numpy as np


def test_two_neighbours(answer):
    np.testing.assert_allclose(answer(x=np.array([1.0, 3.0, 7.0]), width=2), [2.0, 5.0])
