"""The reference's network on torch tensors, with torch's convolution and pooling; the gradient is still by hand."""

import torch
from torch.nn.functional import conv2d, max_pool2d, max_unpool2d
from torch.nn.grad import conv2d_input, conv2d_weight

KERNELS, MAPS, CLASSES = 8, 16, 10
BATCH, LEARNING_RATE, MOMENTUM = 50, 0.1, 0.9


def train(x, y, seed, epochs):
    chance = torch.Generator().manual_seed(seed)  # on the CPU, so that every device starts alike
    weights = [w.to(x) for w in _first_weights(chance)]
    velocity = [torch.zeros_like(w) for w in weights]
    steps, step = epochs * -(-len(x) // BATCH), 0
    for _ in range(epochs):
        for batch in torch.randperm(len(x), generator=chance).to(x.device).split(BATCH):
            rate = LEARNING_RATE * (1 - step / steps)
            for w, v, g in zip(weights, velocity, _backward(weights, x[batch], y[batch]), strict=True):
                v.mul_(MOMENTUM).add_(g)
                w.sub_(v, alpha=rate)
            step += 1
    return weights


def _first_weights(chance):
    def normal(*shape, fan_in, gain):
        return torch.randn(*shape, generator=chance) * (gain / fan_in) ** 0.5

    return [
        normal(KERNELS, 1, 3, 3, fan_in=9, gain=2), torch.zeros(KERNELS),
        normal(MAPS, KERNELS, 3, 3, fan_in=9 * KERNELS, gain=2), torch.zeros(MAPS),
        normal(4 * MAPS, CLASSES, fan_in=4 * MAPS, gain=1), torch.zeros(CLASSES),
    ]  # fmt: skip


def _forward(weights, x):
    w1, b1, w2, b2, w3, b3 = weights
    a1 = conv2d(x, w1, b1, padding=1).clamp_(min=0)
    p1, won1 = max_pool2d(a1, 2, return_indices=True)
    a2 = conv2d(p1, w2, b2, padding=1).clamp_(min=0)
    p2, won2 = max_pool2d(a2, 2, return_indices=True)
    return p2.flatten(1) @ w3 + b3, (a1, p1, won1, a2, p2, won2)


def _backward(weights, x, labels):
    _, _, w2, _, w3, _ = weights
    logits, (a1, p1, won1, a2, p2, won2) = _forward(weights, x)
    delta = logits.softmax(1)
    delta[torch.arange(len(labels), device=labels.device), labels] -= 1
    delta = delta / len(labels)
    da2 = max_unpool2d((delta @ w3.T).view_as(p2), won2, 2) * (a2 > 0)
    da1 = max_unpool2d(conv2d_input(p1.shape, w2, da2, padding=1), won1, 2) * (a1 > 0)
    return [
        conv2d_weight(x, (KERNELS, 1, 3, 3), da1, padding=1), da1.sum((0, 2, 3)),
        conv2d_weight(p1, w2.shape, da2, padding=1), da2.sum((0, 2, 3)), p2.flatten(1).T @ delta, delta.sum(0),
    ]  # fmt: skip


def predict(model, x):
    return _forward(model, x)[0].argmax(1)


def filters(model):
    return model[0].clone(), model[1].clone()


def feature_maps(model, x):
    return conv2d(x, model[0], model[1], padding=1)
