"""One convolution, a tanh, means of 2 x 2, one dense layer; Adam, batches of 32; tap by tap."""

import numpy as np

TAPS = [(u, v) for u in range(3) for v in range(3)]


def shifted(x):
    """The nine slices of the padded pictures, (9, n, 8, 8)."""
    p = np.pad(x[:, 0], ((0, 0), (1, 1), (1, 1)))
    return np.stack([p[:, u : u + 8, v : v + 8] for u, v in TAPS])


def train(x, y, seed, epochs):
    rng = np.random.RandomState(seed)
    p = {
        "k": 0.4 * rng.randn(8, 9),
        "kb": np.zeros(8),
        "w": rng.randn(8 * 16, 10) / np.sqrt(128),
        "b": np.zeros(10),
    }
    p = {name: value.astype(x.dtype) for name, value in p.items()}
    m, v, t = {n: 0 * a for n, a in p.items()}, {n: 0 * a for n, a in p.items()}, 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for i in range(0, len(x), 32):
            xb, yb = x[order[i : i + 32]], y[order[i : i + 32]]
            slices, h, flat, logits = run(p, xb)
            e = np.exp(logits - logits.max(1, keepdims=True))
            d = e / e.sum(1, keepdims=True)
            d[np.arange(len(yb)), yb] -= 1
            d /= len(yb)
            dpool = (d @ p["w"].T).reshape(len(yb), 8, 4, 4) / 4
            da = dpool.repeat(2, axis=2).repeat(2, axis=3) * (1 - h * h)
            g = {
                "k": np.einsum("noij,tnij->ot", da, slices, optimize=True),
                "kb": da.sum((0, 2, 3)),
                "w": flat.T @ d,
                "b": d.sum(0),
            }
            rate = 0.03 * (1 - t / (epochs * -(-len(x) // 32)))
            t += 1
            for n in p:
                m[n] = 0.9 * m[n] + 0.1 * g[n]
                v[n] = 0.99 * v[n] + 0.01 * g[n] ** 2
                p[n] = (p[n] - rate * m[n] / (1 - 0.9**t) / (np.sqrt(v[n] / (1 - 0.99**t)) + 1e-8)).astype(x.dtype)
    return p


def maps(p, x):
    slices = shifted(x)
    return slices, np.einsum("ot,tnij->noij", p["k"], slices, optimize=True) + p["kb"][:, None, None]


def run(p, x):
    slices, a = maps(p, x)
    h = np.tanh(a)
    flat = h.reshape(len(x), 8, 4, 2, 4, 2).max(axis=(3, 5)).reshape(len(x), -1)
    return slices, h, flat, flat @ p["w"] + p["b"]


def predict(model, x):
    return np.argmax(run(model, x)[3], axis=1)


def filters(model):
    return model["k"].reshape(8, 1, 3, 3), model["kb"]


def feature_maps(model, x):
    return np.ascontiguousarray(maps(model, x)[1])
