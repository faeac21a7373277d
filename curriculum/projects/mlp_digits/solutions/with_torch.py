"""The reference's network on torch tensors, gradients still by hand, so that it runs on a GPU as it is."""

import torch

HIDDEN, CLASSES = 128, 10
BATCH, LEARNING_RATE, MOMENTUM = 64, 0.1, 0.9


def train(x, y, seed, epochs):
    chance = torch.Generator().manual_seed(seed)  # on the CPU, so that every device starts alike
    mean, scale = x.mean(0), x.std() + 1e-6
    inputs = (x - mean) / scale
    weights = [
        (torch.randn(x.shape[1], HIDDEN, generator=chance) * (2 / x.shape[1]) ** 0.5).to(x),
        torch.zeros(HIDDEN).to(x),
        (torch.randn(HIDDEN, CLASSES, generator=chance) * (1 / HIDDEN) ** 0.5).to(x),
        torch.zeros(CLASSES).to(x),
    ]
    velocity = [torch.zeros_like(w) for w in weights]
    steps = epochs * -(-len(x) // BATCH)
    step = 0
    for _ in range(epochs):
        for batch in torch.randperm(len(x), generator=chance).to(x.device).split(BATCH):
            gradients = _backward(weights, inputs[batch], y[batch])
            for w, v, g in zip(weights, velocity, gradients, strict=True):
                v.mul_(MOMENTUM).add_(g)
                w.sub_(v, alpha=LEARNING_RATE * (1 - step / steps))
            step += 1
    return mean, scale, weights


def _forward(weights, inputs):
    w1, b1, w2, b2 = weights
    hidden = (inputs @ w1 + b1).clamp(min=0)
    return hidden, hidden @ w2 + b2


def _backward(weights, inputs, labels):
    hidden, logits = _forward(weights, inputs)
    probs = (logits - logits.amax(1, keepdim=True)).exp()
    delta = probs / probs.sum(1, keepdim=True)
    delta[torch.arange(len(labels), device=labels.device), labels] -= 1
    delta = delta / len(labels)
    dhidden = delta @ weights[2].T * (hidden > 0)
    return inputs.T @ dhidden, dhidden.sum(0), hidden.T @ delta, delta.sum(0)


def predict(model, x):
    mean, scale, weights = model
    return _forward(weights, (x - mean) / scale)[1].argmax(1)
