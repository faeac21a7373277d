"""conv 3x3 (8), relu, max pool, conv 3x3 (16), relu, max pool, dense: softmax cross-entropy,
minibatches of 50, momentum."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

KERNELS, MAPS, CLASSES = 8, 16, 10
BATCH, LEARNING_RATE, MOMENTUM = 50, 0.1, 0.9


def train(x, y, seed, epochs):
    rng = np.random.default_rng(seed)
    weights = first_weights(rng, x.dtype)
    velocity = [np.zeros_like(w) for w in weights]
    steps, step = epochs * -(-len(x) // BATCH), 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            rate = LEARNING_RATE * (1 - step / steps)
            for w, v, g in zip(weights, velocity, backward(weights, x[batch], y[batch]), strict=True):
                v *= MOMENTUM
                v += g
                w -= rate * v
            step += 1
    return weights


def first_weights(rng, dtype):
    """He's scale for the rectified layers, 1/sqrt(n) for the last one."""
    w1 = rng.standard_normal((KERNELS, 1, 3, 3)) * np.sqrt(2 / 9)
    w2 = rng.standard_normal((MAPS, KERNELS, 3, 3)) * np.sqrt(2 / (9 * KERNELS))
    w3 = rng.standard_normal((4 * MAPS, CLASSES)) * np.sqrt(1 / (4 * MAPS))
    zeros = [np.zeros(m, dtype) for m in (KERNELS, MAPS, CLASSES)]
    return [w1.astype(dtype), zeros[0], w2.astype(dtype), zeros[1], w3.astype(dtype), zeros[2]]


def forward(weights, x):
    """The logits, and what the backward needs."""
    w1, b1, w2, b2, w3, b3 = weights
    columns1, a1 = conv(x, w1, b1)
    p1, won1 = pool(np.maximum(a1, 0))
    columns2, a2 = conv(p1, w2, b2)
    p2, won2 = pool(np.maximum(a2, 0))
    flat = p2.reshape(len(x), -1)
    return flat @ w3 + b3, (columns1, a1, won1, columns2, a2, won2, flat)


def backward(weights, x, labels):
    """Gradients of the mean cross-entropy of a batch, one for each of the weights."""
    _, _, w2, _, w3, _ = weights
    logits, (columns1, a1, won1, columns2, a2, won2, flat) = forward(weights, x)
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    dlogits = (probs - np.eye(CLASSES, dtype=probs.dtype)[labels]) / len(labels)
    dp2 = (dlogits @ w3.T).reshape(len(x), MAPS, 2, 2)
    da2 = pool_backward(dp2, won2) * (a2 > 0)
    dp1 = conv_input(da2, w2)
    da1 = pool_backward(dp1, won1) * (a1 > 0)
    return [
        conv_kernels(da1, columns1), da1.sum(axis=(0, 2, 3)), conv_kernels(da2, columns2), da2.sum(axis=(0, 2, 3)),
        flat.T @ dlogits, dlogits.sum(axis=0),
    ]  # fmt: skip


def conv(x, w, b):
    """3 x 3, padding 1. The windows of all pixels (n, h, w, c * 9), and the result (n, o, h, w)."""
    n, c, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    columns = (
        sliding_window_view(padded, (3, 3), axis=(2, 3)).transpose(0, 2, 3, 1, 4, 5).reshape(n, height, width, c * 9)
    )
    return columns, (columns @ w.reshape(len(w), -1).T + b).transpose(0, 3, 1, 2)


def conv_kernels(da, columns):
    """The gradient of the kernels."""
    rows = da.transpose(1, 0, 2, 3).reshape(da.shape[1], -1)
    return (rows @ columns.reshape(-1, columns.shape[3])).reshape(da.shape[1], -1, 3, 3)


def conv_input(da, w):
    """The gradient of the pictures: a convolution with the kernels turned round."""
    return conv(da, w[:, :, ::-1, ::-1].swapaxes(0, 1), 0)[1]


def pool(a):
    """The largest of each 2 x 2, and which of the four pixels it was, as a mask (n, c, h/2, w/2, 4)."""
    n, c, height, width = a.shape
    four = (
        a.reshape(n, c, height // 2, 2, width // 2, 2)
        .transpose(0, 1, 2, 4, 3, 5)
        .reshape(n, c, height // 2, width // 2, 4)
    )
    return four.max(axis=4), four.argmax(axis=4)[..., None] == np.arange(4)


def pool_backward(dp, won):
    n, c, height, width = dp.shape
    four = (dp[..., None] * won).reshape(n, c, height, width, 2, 2)
    return four.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * height, 2 * width)


def predict(model, x):
    return forward(model, x)[0].argmax(axis=1)


def filters(model):
    return model[0].copy(), model[1].copy()


def feature_maps(model, x):
    return np.ascontiguousarray(conv(x, model[0], model[1])[1])
