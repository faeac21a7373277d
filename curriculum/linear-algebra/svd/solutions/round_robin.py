"""Jacobi after a pivoted QR, half of all columns turned at once. Any array-API backend.

Two ideas on top of reference.py. Columns meet as teams in a tournament: n/2 disjoint pairs a round, n - 1 rounds a sweep
(Brent & Luk 1985), so that a round is a few array operations. And Jacobi on R^T of a QR with column pivoting needs about
half the sweeps, and sees n rows instead of m (Drmac & Veselic 2008).
"""

import math

from array_api_compat import array_namespace, device


def svd(a):
    xp = array_namespace(a)
    m, n = a.shape
    if m < n:
        v, s, ut = svd(a.T)
        return ut.T, s, v.T
    if n == 0:
        return a, xp.zeros((0,), dtype=a.dtype, device=device(a)), a[:0, :].T
    scale = power_of_two_near(a, xp)
    reflectors, r, pivots = pivoted_qr(a / scale, xp)
    left, s, right = jacobi(r, xp)
    order = xp.argsort(-s)
    s, left, right = s[order], left[order, :], complete(right[order, :], s[order], xp)
    padding = xp.zeros((m - n, n), dtype=a.dtype, device=device(a))
    u = apply(reflectors, xp.concat([left.T, padding]), xp)
    return u, s * scale, right[:, xp.argsort(pivots)]


def power_of_two_near(a, xp):
    """The power of two at or below the largest |entry|: dividing by it is exact, and squares then neither overflow nor vanish."""
    largest = float(xp.max(xp.abs(a)))
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0


def pivoted_qr(a, xp):
    """Householder reflectors (n vectors of length m, unit), R (n, n) and the order of columns: A[:, order] = Q R."""
    n = a.shape[1]
    r, order, reflectors = xp.asarray(a, copy=True), list(range(n)), []
    for j in range(n):
        largest = j + int(xp.argmax(xp.sum(r[j:, j:] * r[j:, j:], axis=0)))
        if largest != j:
            swapped = xp.asarray(r[:, j], copy=True)
            r[:, j], r[:, largest] = r[:, largest], swapped
            order[j], order[largest] = order[largest], order[j]
        v = r[j:, j] / (float(xp.max(xp.abs(r[j:, j]))) or 1.0)  # what is left of rank may have squares that vanish
        size = math.sqrt(float(v @ v))
        v[0] = v[0] + math.copysign(size, float(v[0]))
        size = math.sqrt(float(v @ v))
        v = v / size if size > 0 else v
        r[j:, j:] = r[j:, j:] - 2 * v[:, None] * (v @ r[j:, j:])[None, :]
        reflectors.append(v)
    return reflectors, xp.triu(r[:n, :]), xp.asarray(order, device=device(a))


def apply(reflectors, c, xp):
    """Q c, the reflectors from the last to the first."""
    for j in range(len(reflectors) - 1, -1, -1):
        v = reflectors[j]
        c[j:, :] = c[j:, :] - 2 * v[:, None] * (v @ c[j:, :])[None, :]
    return c


def jacobi(r, xp, sweeps=40):
    """Rows of R (columns of R^T) rotated until orthogonal: (left, lengths, right) with R = left^T diag(lengths) right."""
    n = r.shape[0]
    tolerance = math.sqrt(n) * xp.finfo(r.dtype).eps
    both = xp.concat([r, xp.eye(n, dtype=r.dtype, device=device(r))], axis=1)  # (n, 2n): rows of R, rows of the turns
    if n % 2:
        both = xp.concat([both, xp.zeros((1, 2 * n), dtype=r.dtype, device=device(r))])  # a bye: orthogonal to all
    half = both.shape[0] // 2
    p, q = both[:half, :], both[half:, :]
    for _ in range(sweeps):
        rotated = False
        for _ in range(2 * half - 1):
            p, q, turned = rotate(p, q, n, tolerance, xp)
            rotated = rotated or turned
            if half > 1:  # the first team stays, all others move on by one seat
                p, q = xp.concat([p[:1, :], q[:1, :], p[1:-1, :]]), xp.concat([q[1:, :], p[-1:, :]])
        if not rotated:
            break
    both = xp.concat([p, q])
    if n % 2:
        both = both[xp.argsort(xp.sum(both[:, n:] * both[:, n:], axis=1))[1:], :]  # the bye is the one row of zeros
    rows, left = both[:, :n], both[:, n:]
    drift = xp.sqrt(xp.sum(left * left, axis=1))  # 1, but for a thousand rounded turns: 490 eps off at n = 256
    lengths = xp.sqrt(xp.sum(rows * rows, axis=1))
    rows = rows / xp.where(lengths > 0, lengths, xp.ones_like(lengths))[:, None]
    return left / drift[:, None], lengths / drift, rows


def rotate(p, q, n, tolerance, xp):
    """Each row of p against the same row of q: both after the turn that makes their first n entries orthogonal."""
    x, y = p[:, :n], q[:, :n]
    alpha, beta, gamma = xp.sum(x * x, axis=1), xp.sum(y * y, axis=1), xp.sum(x * y, axis=1)
    turn = xp.abs(gamma) > tolerance * xp.sqrt(alpha) * xp.sqrt(beta)
    if not bool(xp.any(turn)):
        return p, q, False
    one = xp.ones_like(gamma)
    zeta = (beta - alpha) / (2 * xp.where(turn, gamma, one))
    size = xp.abs(zeta)
    t = xp.where(zeta < 0, -one, one) / (size + xp.hypot(size, one))
    t = xp.where(turn, t, 0 * one)
    c = 1 / xp.sqrt(1 + t * t)
    c, s = c[:, None], (c * t)[:, None]
    return c * p - s * q, s * p + c * q, True


def complete(rows, s, xp):
    """Rows whose singular value is 0, or next to it, replaced by unit vectors orthogonal to the rest (they come last)."""
    negligible = math.sqrt(xp.finfo(s.dtype).smallest_normal) / xp.finfo(s.dtype).eps  # their squares have lost digits
    found = [rows[i, :] for i in range(int(xp.sum(xp.astype(s > negligible, xp.int64))))]
    while len(found) < rows.shape[0]:
        covered = sum((f * f for f in found), xp.zeros_like(rows[0, :]))
        axis = int(xp.argmin(covered))
        vector = xp.asarray(xp.eye(rows.shape[1], dtype=rows.dtype, device=device(rows))[axis, :], copy=True)
        for _ in range(2):
            for f in found:
                vector = vector - (f @ vector) * f
        found.append(vector / xp.sqrt(vector @ vector))
    return xp.stack(found)
