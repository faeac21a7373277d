"""Momentum by pencil: from 1.0, with whole gradients. keep names the steps to look at."""

import numpy as np


def path(answer, *gradients, **options):
    """The parameter after every step, from 1.0, with these gradients."""
    grads = [[None if g is None else np.array([g])] for g in gradients]
    steps = list(range(1, len(grads) + 1))
    return [float(after[0][0]) for after in answer(params=[np.array([1.0])], grads=grads, keep=steps, **options)]


def test_without_momentum_a_step_is_lr_times_the_gradient(answer):
    np.testing.assert_allclose(path(answer, 2.0, -3.0, lr=0.5), [0.0, 1.5])


def test_a_push_is_felt_for_many_steps(answer):
    """Buffer 8, then 4, 2, 1: with lr 1/8 the steps are 1, 1/2, 1/4, 1/8."""
    np.testing.assert_allclose(path(answer, 8.0, 0.0, 0.0, 0.0, lr=0.125, momentum=0.5), [0.0, -0.5, -0.75, -0.875])


def test_the_first_gradient_is_not_dampened(answer):
    """Buffer 4 in step 1; then 1/2 * 4 + (1 - 3/4) * 4 = 3."""
    np.testing.assert_allclose(path(answer, 4.0, 4.0, lr=0.25, momentum=0.5, dampening=0.75), [0.0, -0.75])


def test_nesterov_looks_ahead(answer):
    """Buffer 4, direction 4 + 1/2 * 4 = 6; then buffer 1/2 * 4 + 4 = 6, direction 4 + 3 = 7."""
    np.testing.assert_allclose(path(answer, 4.0, 4.0, lr=0.5, momentum=0.5, nesterov=True), [-2.0, -5.5])


def test_weight_decay_is_part_of_the_gradient(answer):
    """From 1 with no other gradient: g = 1/2 * 1, buffer 0.5, p = 0.5; then g = 0.25, buffer 0.25 + 0.25, p = 0."""
    np.testing.assert_allclose(path(answer, 0.0, 0.0, lr=1.0, momentum=0.5, weight_decay=0.5), [0.5, 0.0])


def test_no_gradient_no_step(answer):
    """None in step 2: nothing moves, and the buffer of 8 waits until it is halved in step 3."""
    np.testing.assert_allclose(path(answer, 8.0, None, 0.0, lr=0.125, momentum=0.5), [0.0, 0.0, -0.5])
