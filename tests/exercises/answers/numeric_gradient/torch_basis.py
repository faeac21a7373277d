"""One basis vector at a time, in torch."""

import torch


def numeric_grad(f, x, h=None):
    n = x.numel()
    out = torch.empty(n, dtype=x.dtype)
    for i in range(n):
        e = torch.zeros(n, dtype=x.dtype)
        magnitude = x.reshape(-1)[i].abs().item()
        e[i] = h if h is not None else 5e-6 * magnitude if magnitude > 0 else 5e-6
        e = e.reshape(x.shape)
        out[i] = (f(x + e) - f(x - e)) / (2 * e.sum().item())
    return out.reshape(x.shape)


def check_grad(f, g, x):
    a = g(x)
    if a.shape != x.shape:
        raise ValueError("shapes differ")
    if x.numel() == 0:
        return 0.0
    n = numeric_grad(f, x)
    scale = torch.maximum(a.abs(), n.abs())
    return ((a - n).abs() / torch.where(scale == 0, 1.0, scale)).max().item()
