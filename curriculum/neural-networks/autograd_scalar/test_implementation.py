"""Worked examples for Value: each can be checked with a pencil. An int is the index of a node, a float a number."""

import numpy as np


def test_a_product(answer):
    """3 * 4: the derivative by each factor is the other one, and by the product itself 1."""
    data, grads = answer(leaves=[3.0, 4.0], program=[["mul", 0, 1]], calls=[-1])
    np.testing.assert_allclose(data, [3.0, 4.0, 12.0])
    np.testing.assert_allclose(grads, [[4.0, 3.0, 1.0]])


def test_a_value_used_twice(answer):
    """b = a * a, c = b + a at a = 3: dc/da = 2a + 1 = 7."""
    data, grads = answer(leaves=[3.0], program=[["mul", 0, 0], ["add", 1, 0]], calls=[-1])
    np.testing.assert_allclose(data, [3.0, 9.0, 12.0])
    np.testing.assert_allclose(grads, [[7.0, 1.0, 1.0]])


def test_a_number_on_the_left(answer):
    """8 / v at v = 2 is 4 with derivative -8/4 = -2; then 1 - that is -3, and the sign turns."""
    data, grads = answer(leaves=[2.0], program=[["div", 8.0, 0], ["sub", 1.0, 1]], calls=[-1])
    np.testing.assert_allclose(data, [2.0, 4.0, -3.0])
    np.testing.assert_allclose(grads, [[2.0, -1.0, 1.0]])


def test_a_negative_power(answer):
    """v ** -2 at v = -2 is 1/4, with derivative -2 * (-2) ** -3 = 1/4."""
    data, grads = answer(leaves=[-2.0], program=[["pow", 0, -2.0]], calls=[-1])
    np.testing.assert_allclose(data, [-2.0, 0.25])
    np.testing.assert_allclose(grads, [[0.25, 1.0]])


def test_a_second_backward_adds_the_same_again(answer):
    """c = (a * a) * 5 at a = 1: derivatives 10, 5 and 1, then twice that in every node."""
    _, grads = answer(leaves=[1.0], program=[["mul", 0, 0], ["mul", 1, 5.0]], calls=[-1, -1, "zero"])
    np.testing.assert_allclose(grads, [[10.0, 5.0, 1.0], [20.0, 10.0, 2.0], [0.0, 0.0, 0.0]])


def test_relu_stops_what_is_not_positive(answer):
    """relu(0) = 0 with derivative 0, relu(2) = 2 with derivative 1."""
    program = [["relu", 0], ["relu", 1], ["add", 2, 3]]
    data, grads = answer(leaves=[0.0, 2.0], program=program, calls=[-1])
    np.testing.assert_allclose(data, [0.0, 2.0, 0.0, 2.0, 2.0])
    np.testing.assert_allclose(grads, [[0.0, 1.0, 1.0, 1.0, 1.0]])
