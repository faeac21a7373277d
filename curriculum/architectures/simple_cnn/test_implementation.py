"""Training on what anybody could label. A worked example trains, then labels its own pictures."""

import numpy as np


def test_left_ink_and_right_ink_are_told_apart(answer):
    """Forty pictures with ink on the left are 3, forty with ink on the right are 7."""
    x = np.zeros((80, 1, 8, 8), np.float32)
    x[:40, :, :, :4], x[40:, :, :, 4:] = 1.0, 1.0
    y = np.repeat([3, 7], 40)
    trained, labels = answer(x=x, y=y, seed=1, epochs=30)
    assert trained is None
    np.testing.assert_array_equal(labels, y)


def test_lines_up_and_lines_across_are_told_apart_wherever_they_are(answer):
    """A column of ink is 1, a row of ink is 2, at each of the eight places."""
    x = np.zeros((160, 1, 8, 8), np.float32)
    for place in range(8):
        x[place:80:8, :, :, place] = 1.0
        x[80 + place :: 8, :, place, :] = 1.0
    y = np.repeat([1, 2], 80)
    _, labels = answer(x=x, y=y, seed=2, epochs=40)
    np.testing.assert_array_equal(labels, y)


def test_one_blank_picture_is_enough_to_learn_its_label(answer):
    """All that was ever shown is an empty sheet called 4: the last biases alone can learn that."""
    x = np.zeros((1, 1, 8, 8), np.float32)
    _, labels = answer(x=x, y=np.array([4]), seed=3, epochs=30)
    np.testing.assert_array_equal(labels, [4])
