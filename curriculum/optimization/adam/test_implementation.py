"""Worked examples for Adam and RMSprop: each can be checked with a pencil. keep names the steps to look at."""

import numpy as np

ONE = [np.array([1.0])]


def path(answer, *gradients, **options):
    """The parameter after every step, from 1.0, with these gradients."""
    grads = [[np.array([g])] for g in gradients]
    steps = list(range(1, len(grads) + 1))
    return [float(after[0][0]) for after in answer(params=ONE, grads=grads, keep=steps, **options)]


def test_the_first_step_moves_by_lr(answer):
    """m = 0.1 g and v = 0.001 g^2; corrected, they are g and g^2, and g / |g| is the sign."""
    np.testing.assert_allclose(path(answer, 50.0, lr=0.5, eps=0.0), [0.5])


def test_a_constant_gradient_moves_by_lr_at_every_step(answer):
    """The corrected means of a constant g are g and g^2 after any number of steps."""
    np.testing.assert_allclose(path(answer, -3.0, -3.0, -3.0, lr=0.1, eps=0.0), [1.1, 1.2, 1.3])


def test_two_gradients_are_weighted(answer):
    """Betas 1/2: m = 1/4 * 4 + 1/2 * 7 = 4.5 and v = 1/4 * 16 + 1/2 * 49 = 28.5, both over 1 - 1/4."""
    second = 0.9 - 0.1 * (4.5 / 0.75) / np.sqrt(28.5 / 0.75)
    np.testing.assert_allclose(path(answer, 4.0, 7.0, lr=0.1, betas=(0.5, 0.5), eps=0.0), [0.9, second])


def test_decoupled_decay_multiplies_the_parameter(answer):
    """Without a gradient only 1 - lr * weight_decay = 0.9 is left of 1."""
    np.testing.assert_allclose(path(answer, 0.0, 0.0, lr=0.1, weight_decay=1.0, decoupled=True), [0.9, 0.81])


def test_l2_decay_is_a_gradient_and_gets_normalized(answer):
    """Without a gradient the decay is all there is, so the first step moves by lr, whatever weight_decay."""
    np.testing.assert_allclose(path(answer, 0.0, lr=0.25, weight_decay=1e-3, eps=0.0), [0.75])


def test_rmsprop_divides_by_the_running_root_mean_square(answer):
    """alpha = 3/4: the mean square of the gradient 4 is 16/4, its root 2, and 4 / 2 = 2."""
    got = answer.part("RMSprop", params=ONE, grads=[[np.array([4.0])]], keep=[1], lr=0.1, alpha=0.75, eps=0.0)
    np.testing.assert_allclose(got[0][0], [0.8])
