"""A residual block by pencil: kernels that copy the middle pixel,
pictures of one channel with mean 0 and variance 1."""

import numpy as np

COPY = np.zeros((1, 1, 3, 3))
COPY[0, 0, 1, 1] = 1.0
X = np.array([[1.0, -1.0], [-1.0, 1.0]]).reshape(1, 1, 2, 2)  # mean 0, variance 1: a norm leaves it, but for eps
ONE, ZERO = np.ones(1), np.zeros(1)


def weights(**changed):
    """Both convolutions copy; norms of gamma 1 and beta 0."""
    plain = {"w1": COPY, "gamma1": ONE, "beta1": ZERO, "w2": COPY, "gamma2": ONE, "beta2": ZERO}
    return plain | changed


def test_a_branch_of_zero_leaves_the_relu_of_x(answer):
    """gamma2 = 0 makes the branch 0, so y = relu(x): at the start of training a block may do nothing."""
    np.testing.assert_array_equal(answer(x=X, **weights(gamma2=ZERO)), np.maximum(X, 0))


def test_the_branch_is_added_before_the_last_relu(answer):
    """norm1 leaves x, relu makes it (1, 0, 0, 1), norm2 brings that back to (1, -1, -1, 1); with x (2, -2, -2, 2),
    then relu."""
    np.testing.assert_allclose(answer(x=X, **weights()), 2 * np.maximum(X, 0), rtol=1e-4)


def test_without_the_branch_the_gradient_still_arrives(answer):
    """gamma2 = 0: dx is dy where x > 0, by the shortcut alone."""
    dy = np.array([[3.0, 4.0], [5.0, 6.0]]).reshape(1, 1, 2, 2)
    dx = answer.part("backward", dy=dy, x=X, **weights(gamma2=ZERO))[0]
    np.testing.assert_allclose(dx, [[[[3, 0], [0, 6]]]], atol=1e-12)


def test_a_fresh_block_evaluates_with_mean_zero_and_variance_one(answer):
    """Nothing was seen in training: the norms divide by sqrt(1 + 1e-5). x = 2: branch about 2, shortcut 2."""
    y = answer.part("evaluation", x=np.full((1, 1, 1, 1), 2.0), seen=[], **weights())
    np.testing.assert_allclose(y, [[[[4.0]]]], rtol=1e-4)


def test_a_projection_takes_every_other_pixel_and_normalizes_it(answer):
    """Stride 2, gamma2 = 0: only norms(convs(x)) is left. It sees 1 and 3 (columns 0 and 2),
    and makes them -1 and 1."""
    x = np.array([1.0, 9.0, 3.0, 9.0]).reshape(1, 1, 1, 4)
    shortcut = {"ws": np.ones((1, 1, 1, 1)), "gammas": ONE, "betas": ONE}
    y = answer(x=x, stride=2, **weights(gamma2=ZERO), **shortcut)
    np.testing.assert_allclose(y, [[[[0.0, 2.0]]]], atol=1e-4)
