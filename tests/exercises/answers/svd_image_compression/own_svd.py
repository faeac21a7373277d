"""With a singular value decomposition of its own (one-sided Jacobi in float64), channel by channel, and plain loops."""

import math

import numpy as np


def jacobi_svd(a):
    m, n = a.shape
    if m < n:
        v, s, ut = jacobi_svd(a.T)
        return ut.T, s, v.T
    w, v = a.astype(np.float64).copy(), np.eye(n)
    for _ in range(60):
        rotated = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                alpha, beta, gamma = w[:, p] @ w[:, p], w[:, q] @ w[:, q], w[:, p] @ w[:, q]
                if abs(gamma) <= 1e-15 * math.sqrt(alpha * beta):
                    continue
                rotated = True
                zeta = float(beta - alpha) / float(2 * gamma)
                t = math.copysign(1, zeta) / (abs(zeta) + math.hypot(1, zeta))
                c = 1 / math.hypot(1, t)
                for matrix in (w, v):
                    left, right = matrix[:, p].copy(), matrix[:, q].copy()
                    matrix[:, p], matrix[:, q] = c * left - c * t * right, c * t * left + c * right
        if not rotated:
            break
    s = np.sqrt(np.sum(w * w, axis=0))
    order = np.argsort(-s)
    s, w, v = s[order], w[:, order], v[:, order]
    u = np.zeros((m, n))
    for j in range(n):
        if s[j] > 1e-10 * max(s[0], 1e-300):
            u[:, j] = w[:, j] / s[j]
            continue
        for axis in range(m):  # an axis that the columns so far do not span
            column = np.eye(m)[:, axis]
            for _ in range(2):
                column = column - u[:, :j] @ (u[:, :j].T @ column)
            if np.sqrt(column @ column) > 0.1 / math.sqrt(m):
                u[:, j] = column / np.sqrt(column @ column)
                break
    return u, s, v.T


def compress(img, k):
    us, ss, vts = [], [], []
    for channel in range(3):
        u, s, vt = jacobi_svd(img[:, :, channel].astype(np.float64))
        us.append(u[:, :k])
        ss.append(s[:k])
        vts.append(vt[:k])
    return np.array(us), np.array(ss), np.array(vts)


def reconstruct(u, s, vt):
    _, h, r = u.shape
    w = vt.shape[2]
    img = np.zeros((h, w, 3), dtype=np.uint8)
    for channel in range(3):
        total = np.zeros((h, w))
        for i in range(r):
            total += s[channel, i] * np.outer(u[channel, :, i], vt[channel, i])
        img[..., channel] = np.minimum(np.maximum(np.floor(total + 0.5), 0), 255)
    return img


def ratio(h, w, k):
    r = min(k, min(h, w))
    if r == 0:
        return float("inf")
    return (h * w) / (r * h + r + r * w)


def psnr(a, b):
    total = 0
    for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True):
        total += (x - y) ** 2
    if total == 0:
        return math.inf
    return 20 * math.log10(255) - 10 * math.log10(total / a.size)


def choose_k(s, energy):
    energies = np.cumsum(s**2)
    if len(s) == 0 or energies[-1] * energy == 0:
        return 0
    return int(np.searchsorted(energies, energy * energies[-1], side="left")) + 1
