"""Nothing but loops over Python numbers, and the dual form: how often each sample was a mistake."""

import math

import numpy as np


def neuron(x, w, b, act="identity"):
    if x.ndim == 1:
        return np.array(one(x, w, b, act), dtype=x.dtype)
    return np.array([one(row, w, b, act) for row in x], dtype=x.dtype).reshape(len(x))


def one(sample, w, b, act):
    score = sum((float(xi) * float(wi) for xi, wi in zip(sample, w, strict=True)), float(b))
    if act == "step":
        return 1.0 if score > 0 else 0.0
    if act == "sigmoid":
        if score > 0:
            return 1.0 / (1.0 + math.exp(-score))
        e = math.exp(score)
        return e / (1.0 + e)
    return score


def perceptron_fit(x, y, max_epochs):
    samples = [[int(v) for v in row] + [1] for row in x]
    signs = [int(v) for v in y]
    gram = [[sum(p * q for p, q in zip(one, other, strict=True)) for other in samples] for one in samples]
    counts = [0] * len(samples)
    done = False
    epochs = 0
    while epochs < max_epochs and not done:
        epochs += 1
        done = True
        for i in range(len(samples)):
            score = sum(counts[j] * signs[j] * gram[j][i] for j in range(len(samples)) if counts[j])
            if signs[i] * score <= 0:
                counts[i] += 1
                done = False
    total = [
        sum(c * s * row[k] for c, s, row in zip(counts, signs, samples, strict=True)) for k in range(len(samples[0]))
    ]
    return np.array(total[:-1], x.dtype), np.array(total[-1], x.dtype), sum(counts), done
