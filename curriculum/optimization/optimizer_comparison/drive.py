"""Makes the task and the optimizers of a comparison from arrays; counts the gradients."""

import numpy as np
from array_api_compat import array_namespace, device


class Task:
    """kind: quadratic, rosenbrock, quartic (parameters [x]) or softmax regression (parameters [w, b])."""

    def __init__(self, kind, seeds, starts, orders, data):
        self._gradient, self._loss = KINDS[kind]
        self._seeds, self._starts, self._orders, self._data = seeds, starts, orders, data
        self.calls = 0

    def start(self, seed):
        return [array_namespace(p).asarray(p, copy=True) for p in self._starts[self._seeds.index(seed)]]

    def batches(self, seed):
        return iter(self._orders[self._seeds.index(seed)])

    def grad(self, params, batch):
        self.calls += 1
        return self._gradient(params, [part[batch] for part in self._data[0]])

    def loss(self, params):
        return float(self._loss(params, self._data[0]))

    def validation(self, params):
        return float(self._loss(params, self._data[1]))

    def test(self, params):
        return float(self._loss(params, self._data[2]))


def quadratic_grad(params, rows):
    curvatures, noise = rows
    return [curvatures[0] * params[0] + noise.mean(axis=0)]


def quadratic_loss(params, rows):
    return (rows[0][0] * params[0] ** 2).sum() / 2


def rosenbrock_grad(params, rows):
    (x, y), valley = params[0], rows[0][0]
    by_x, by_y = 2 * (x - 1) - 4 * valley * x * (y - x * x), 2 * valley * (y - x * x)
    return [array_namespace(params[0]).stack([by_x, by_y])]


def rosenbrock_loss(params, rows):
    (x, y), valley = params[0], rows[0][0]
    return (1 - x) ** 2 + valley * (y - x * x) ** 2


def quartic_grad(params, rows):
    with np.errstate(all="ignore"):
        return [rows[0][0] * params[0] ** 3]


def quartic_loss(params, rows):
    with np.errstate(all="ignore"):
        return rows[0][0] * (params[0] ** 4).sum() / 4


def softmax_grad(params, rows):
    xp, (w, b), (x, y) = array_namespace(params[0]), params, rows
    logits = x @ w + b
    probs = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))
    probs /= xp.sum(probs, axis=1, keepdims=True)
    probs[xp.arange(len(y), device=device(y)), y] -= 1
    return [x.T @ probs / len(y), xp.mean(probs, axis=0)]


def softmax_loss(params, rows):
    xp, (w, b), (x, y) = array_namespace(params[0]), params, rows
    logits = x @ w + b
    logits -= xp.max(logits, axis=1, keepdims=True)
    losses = xp.log(xp.sum(xp.exp(logits), axis=1)) - logits[xp.arange(len(y), device=device(y)), y]
    return xp.mean(losses)


KINDS = {
    "quadratic": (quadratic_grad, quadratic_loss),
    "rosenbrock": (rosenbrock_grad, rosenbrock_loss),
    "quartic": (quartic_grad, quartic_loss),
    "softmax": (softmax_grad, softmax_loss),
}


class Plain:
    """Gradient descent, new arrays at every step."""

    def __init__(self, params, lr):
        self.params, self.lr = params, lr

    def step(self, grads):
        with np.errstate(all="ignore"):
            self.params = [p - self.lr * g for p, g in zip(self.params, grads, strict=True)]
        return self.params


class Sums:
    """Steps along the sum of all gradients, halved at every step; in place, as torch.optim does it."""

    def __init__(self, params, lr):
        self.params, self.lr, self.sums = params, lr, [0 * p for p in params]

    def step(self, grads):
        for p, total, g in zip(self.params, self.sums, grads, strict=True):
            total *= 0.5
            total += g
            p -= self.lr * total
        return self.params


class Falling:
    """Steps of lr / k along the gradient, k being the number of the step."""

    def __init__(self, params, lr):
        self.params, self.lr, self.k = params, lr, 0

    def step(self, grads):
        self.k += 1
        self.params = [p - self.lr / self.k * g for p, g in zip(self.params, grads, strict=True)]
        return self.params


FACTORIES = {"plain": Plain, "sums": Sums, "falling": Falling}


def compare(answer, kind, optimizers, lrs, seeds, starts, orders, data, ask="table"):
    """data: the arrays of training, validation and test; starts and orders: parameters and batches of each seed."""
    task = Task(kind, seeds, starts, orders, data)
    table = answer.compare(task=task, optimizers={name: FACTORIES[name] for name in optimizers}, lrs=lrs, seeds=seeds)
    return task.calls if ask == "calls" else table
