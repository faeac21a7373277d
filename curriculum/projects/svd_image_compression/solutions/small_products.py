"""For a small k: the k leading left vectors from the eigenvectors of A A^T, then the SVD of their (k, w) coordinates.

The eigenvectors of A A^T err by eps s_0^2, which would spoil small singular values; those of Q^T A do not, and a
subspace that is off by an angle loses only the square of it. All three channels at once. Any array-API backend.
"""

import math

from array_api_compat import array_namespace


def compress(img, k):
    xp = array_namespace(img)
    h, w = img.shape[:2]
    channels = xp.permute_dims(xp.astype(img, xp.float64), (2, 0, 1))
    if 0 < 3 * k <= min(h, w):
        wide = channels if h <= w else xp.matrix_transpose(channels)
        q = xp.linalg.eigh(wide @ xp.matrix_transpose(wide))[1][:, :, -k:]  # ascending: the last are the largest
        inner, s, vt = xp.linalg.svd(xp.matrix_transpose(q) @ wide, full_matrices=False)
        u = q @ inner
        return (u, s, vt) if h <= w else (xp.matrix_transpose(vt), s, xp.matrix_transpose(u))
    u, s, vt = xp.linalg.svd(channels, full_matrices=False)
    return u[:, :, :k], s[:, :k], vt[:, :k, :]


def reconstruct(u, s, vt):
    xp = array_namespace(u)
    h, w = u.shape[1], vt.shape[2]
    img = xp.empty((h, w, 3), dtype=xp.uint8, device=u.device)
    for channel in range(3):  # a third of the temporaries
        plane = (u[channel, :, :] * s[channel, :]) @ vt[channel, :, :]
        plane = xp.clip(plane, 0.0, 255.0)
        plane += 0.5
        img[:, :, channel] = xp.astype(plane, xp.uint8)  # which cuts off what is behind the point
    return img


def ratio(h, w, k):
    k = min(k, h, w)
    return h * w / (k * (h + w + 1)) if k else math.inf


def psnr(a, b):
    xp = array_namespace(a, b)
    difference = xp.astype(xp.astype(a, xp.int16) - xp.astype(b, xp.int16), xp.float64).reshape(-1)
    squares = float(difference @ difference)
    return 10 * math.log10(255**2 * difference.shape[0] / squares) if squares else math.inf


def choose_k(s, energy):
    xp = array_namespace(s)
    held = xp.cumulative_sum(s * s)
    return int(xp.sum(xp.astype(held < energy * held[-1], xp.int64))) + 1 if energy * float(held[-1]) > 0 else 0
