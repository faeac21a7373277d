"""Softmax regression by gradient descent and by Newton's method: one file for numpy, torch and CuPy.

The intercept is the weight of a column of ones, which pays no penalty: theta is (K, d + 1).
"""

from array_api_compat import array_namespace


def fit(x, y, l2=0.0, method="gd", max_steps=2_000):
    xp = array_namespace(x, y)
    labels = xp.sort(xp.unique_values(y))
    onehot = xp.astype(y[:, None] == labels[None, :], x.dtype)
    columns = xp.concat([x, xp.ones_like(x[:, :1])], axis=1)
    penalty = l2 * xp.concat([xp.ones_like(x[0, :]), xp.zeros_like(x[0, :1])])
    tolerance = len(x) * (1e-6 if x.dtype == xp.float64 else 1e-4)
    lipschitz = xp.linalg.matrix_norm(columns, ord=2) ** 2 / 2 + l2
    theta = xp.zeros_like(onehot.T @ columns)
    for step in range(max_steps + 1):
        probs = softmax(columns @ theta.T)
        gradient = (probs - onehot).T @ columns + penalty * theta
        converged = bool(xp.max(xp.abs(gradient)) <= tolerance)
        right = bool(xp.all(xp.argmax(probs, axis=1) == xp.argmax(onehot, axis=1)))
        separated = l2 == 0 and right  # then larger weights are better for ever
        if converged or separated or step == max_steps:
            break
        if method == "irls":
            theta = theta - newton_step(columns, probs, gradient, penalty)
        else:
            theta = theta - gradient / lipschitz
    return theta[:, :-1], theta[:, -1], converged and not separated


def newton_step(columns, probs, gradient, penalty):
    """The solution of H step = gradient, for all K * (d + 1) unknowns together; H is a K x K table of blocks."""
    xp = array_namespace(columns)
    size, classes = gradient.shape[1], gradient.shape[0]
    of_classes = xp.eye(classes, dtype=probs.dtype, device=probs.device)
    of_columns = xp.eye(size, dtype=probs.dtype, device=probs.device)
    weights = probs[:, :, None] * of_classes - probs[:, :, None] * probs[:, None, :]
    products = columns[:, :, None] * columns[:, None, :]
    blocks = xp.reshape(weights, (len(columns), -1)).T @ xp.reshape(products, (len(columns), -1))
    blocks = xp.reshape(blocks, (classes, classes, size, size))
    blocks = blocks + of_classes[:, :, None, None] * (penalty * of_columns)
    # H is singular along equal changes of all classes, where the gradient is 0: any curvature there gives the same step
    blocks = blocks + of_columns
    hessian = xp.reshape(xp.permute_dims(blocks, (0, 2, 1, 3)), (classes * size, classes * size))
    return xp.reshape(xp.linalg.solve(hessian, xp.reshape(gradient, (-1, 1))), (classes, size))


def softmax(scores):
    xp = array_namespace(scores)
    weights = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
    return weights / xp.sum(weights, axis=1, keepdims=True)


def predict_proba(x, w, b):
    return softmax(x @ w.T + b)
