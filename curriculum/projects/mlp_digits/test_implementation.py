"""Training on what anybody could label. A worked example trains, then labels its own training rows."""

import numpy as np


def test_left_ink_and_right_ink_are_told_apart(answer):
    """Forty pictures with ink on the left are 3, forty with ink on the right are 7."""
    x = np.zeros((80, 8, 8), np.float32)
    x[:40, :, :4], x[40:, :, 4:] = 1.0, 1.0
    y = np.repeat([3, 7], 40)
    trained, labels = answer(x=x.reshape(80, 64), y=y, seed=1, epochs=30)
    assert trained is None
    np.testing.assert_array_equal(labels, y)


def test_exclusive_or_needs_a_hidden_layer(answer):
    """Ink in exactly one of two halves is 1, in both or none is 0: no linear rule does this."""
    left, right = np.tile([0, 0, 1, 1], 50), np.tile([0, 1, 0, 1], 50)
    x = np.zeros((200, 8, 8), np.float32)
    x[:, :, :4], x[:, :, 4:] = left[:, None, None], right[:, None, None]
    y = left ^ right
    _, labels = answer(x=x.reshape(200, 64), y=y, seed=2, epochs=100)
    np.testing.assert_array_equal(labels, y)


def test_one_picture_is_enough_to_learn_its_label(answer):
    """All that was ever shown is a 4."""
    x = np.zeros((1, 8, 8), np.float32)
    x[0, 2:6, 3] = 1.0
    _, labels = answer(x=x.reshape(1, 64), y=np.array([4]), seed=3, epochs=100)
    np.testing.assert_array_equal(labels, [4])


def test_gray_lies_between_black_and_white(answer):
    """Sheets of a single shade: gray is 1, white and black are 0. One line through the shades cannot do this."""
    shades = np.repeat(np.float32([0.0, 1.0, 0.5]), [20, 20, 40])
    x = np.repeat(shades[:, None], 64, axis=1)
    y = np.repeat([0, 1], 40)
    _, labels = answer(x=x, y=y, seed=4, epochs=100)
    np.testing.assert_array_equal(labels, y)
