"""Positions by pencil: quarter turns, since the sine and cosine of 90 degrees are 1 and 0."""

import numpy as np

QUARTER = np.pi / 2


def test_position_zero_is_zeros_and_ones(answer):
    """All angles are 0: sines 0 and cosines 1, in turn."""
    np.testing.assert_allclose(answer(positions=np.array([0.0]), d=4), [[0.0, 1.0, 0.0, 1.0]])


def test_the_first_pair_turns_by_the_position_itself(answer):
    """A quarter turn: sine 1, cosine 0. The second pair turns 4^(-2/4) = 1/2 as fast: both are the root of 1/2."""
    half = np.sqrt(0.5)
    got = answer(positions=np.array([QUARTER]), d=4, base=4.0)
    np.testing.assert_allclose(got, [[1.0, 0.0, half, half]], atol=1e-12)


def test_row_zero_is_not_rotated(answer):
    """The first row has position 0, whatever the layout."""
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    np.testing.assert_allclose(answer.part("rope", x=x), x)
    np.testing.assert_allclose(answer.part("rope", x=x, layout="half"), x)


def test_a_quarter_turn_of_each_layout(answer):
    """At position pi/2, base 1 (all pairs turn alike), (a, b) becomes (-b, a): neighbours,
    or entries half the width apart."""
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    got = answer.part("rope", x=x, offset=QUARTER, base=1.0)
    np.testing.assert_allclose(got, [[-2.0, 1.0, -4.0, 3.0]], atol=1e-12)
    got = answer.part("rope", x=x, offset=QUARTER, base=1.0, layout="half")
    np.testing.assert_allclose(got, [[-3.0, -4.0, 1.0, 2.0]], atol=1e-12)


def test_the_gradient_turns_back(answer):
    """A quarter turn back takes (a, b) to (b, -a)."""
    got = answer.part("rope_backward", dy=np.array([[1.0, 2.0]]), offset=QUARTER)
    np.testing.assert_allclose(got, [[2.0, -1.0]], atol=1e-12)
