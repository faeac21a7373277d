"""A neuron, and the rule as Rosenblatt gave it: one file for numpy, torch and CuPy."""

from array_api_compat import array_namespace


def neuron(x, w, b, act="identity"):
    xp = array_namespace(x)
    score = x @ w + b
    if act == "step":
        return xp.astype(score > 0, x.dtype)
    if act == "sigmoid":
        # 1 / (1 + exp(-|s|)) never overflows; sigmoid(-s) = 1 - sigmoid(s)
        small = xp.exp(-xp.abs(score))
        return xp.where(score >= 0, 1 / (1 + small), small / (1 + small))
    return score


def perceptron_fit(x, y, max_epochs):
    w, b = 0 * x[0], 0 * y[0]
    mistakes, converged = 0, False
    for _ in range(max_epochs):
        before = mistakes
        for i in range(x.shape[0]):
            if y[i] * (x[i] @ w + b) <= 0:
                w, b = w + y[i] * x[i], b + y[i]
                mistakes += 1
        converged = mistakes == before
        if converged:
            break
    return w, b, mistakes, converged
