"""In torch, a channel at a time, by the earned torch.linalg.svd; energies as a share."""

import math

import torch


def compress(img, k):
    factors = [torch.linalg.svd(img[..., c].to(torch.float64), full_matrices=False) for c in range(3)]
    return (
        torch.stack([u[:, :k] for u, _, _ in factors]),
        torch.stack([s[:k] for _, s, _ in factors]),
        torch.stack([vt[:k] for _, _, vt in factors]),
    )


def reconstruct(u, s, vt):
    planes = torch.einsum("chr,cr,crw->hwc", u, s, vt)
    return planes.round().clamp(0, 255).to(torch.uint8)


def ratio(h, w, k):
    k = min(k, h, w)
    return math.inf if k == 0 else h * w / (k * (1 + h + w))


def psnr(a, b):
    mse = (a.int() - b.int()).double().square().mean().item()
    return math.inf if mse == 0 else 10 * math.log10(65025 / mse)


def choose_k(s, energy):
    total = (s**2).sum().item()
    if total == 0:
        return 0
    running, k = 0.0, 0
    while k < len(s) and running < energy * total:
        running += s[k].item() ** 2
        k += 1
    return k
