"""Layers as objects that remember their input and hand gradients down, the shape of most libraries."""

import numpy as np


class Linear:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        return np.einsum("oi,ni->no", self.w, x) + self.b

    def backward(self, dy):
        self.grads = (np.einsum("no,ni->oi", dy, self.x), np.ones(len(dy), dy.dtype) @ dy)
        return dy @ self.w


class Relu:
    def forward(self, x):
        self.mask = (x > 0).astype(x.dtype)
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


class CrossEntropy:
    def forward(self, scores, labels):
        self.labels = labels
        shifted = scores - scores.max(axis=1)[:, None]
        self.logp = shifted - np.log(np.exp(shifted).sum(axis=1))[:, None]
        return -np.mean(np.take_along_axis(self.logp, labels[:, None], axis=1))

    def backward(self):
        onehot = (np.arange(self.logp.shape[1]) == self.labels[:, None]).astype(self.logp.dtype)
        return (np.exp(self.logp) - onehot) / len(self.labels)


def forward(x, params, y):
    layers = []
    for w, b in params:
        layers += [Linear(w, b), Relu()]
    layers.pop()
    value = x
    for layer in layers:
        value = layer.forward(value)
    head = CrossEntropy()
    return head.forward(value, y), (layers, head)


def backward(cache):
    layers, head = cache
    delta = head.backward()
    for layer in reversed(layers):
        delta = layer.backward(delta)
    return [layer.grads for layer in layers if isinstance(layer, Linear)], delta
