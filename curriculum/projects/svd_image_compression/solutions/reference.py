"""Three channels, three singular value decompositions, cut off. Any array-API backend."""

import math

from array_api_compat import array_namespace


def compress(img, k):
    xp = array_namespace(img)
    channels = xp.permute_dims(xp.astype(img, xp.float64), (2, 0, 1))  # (3, h, w); a reshape would mix them
    u, s, vt = xp.linalg.svd(channels, full_matrices=False)
    return u[:, :, :k], s[:, :k], vt[:, :k, :]


def reconstruct(u, s, vt):
    xp = array_namespace(u)
    channels = (u * s[:, None, :]) @ vt
    return xp.astype(xp.permute_dims(xp.clip(xp.round(channels), 0.0, 255.0), (1, 2, 0)), xp.uint8)


def ratio(h, w, k):
    k = min(k, h, w)
    return h * w / (k * (h + w + 1)) if k else math.inf


def psnr(a, b):
    xp = array_namespace(a, b)
    difference = xp.astype(a, xp.float64) - xp.astype(b, xp.float64)  # uint8 would wrap around
    mse = float(xp.mean(difference**2))
    return 10 * math.log10(255**2 / mse) if mse else math.inf


def choose_k(s, energy):
    squares = [value**2 for value in s.tolist()]
    wanted, held = energy * sum(squares), 0.0
    for k, square in enumerate(squares):
        if held >= wanted:
            return k
        held += square
    return len(squares)
