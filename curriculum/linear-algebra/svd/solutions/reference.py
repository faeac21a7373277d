"""One-sided Jacobi (Hestenes 1958): turn pairs of columns until all are orthogonal. Any array-API backend.

If A V = W has orthogonal columns, their lengths are the singular values and their directions are U.
"""

import math

from array_api_compat import array_namespace, device


def svd(a):
    xp = array_namespace(a)
    m, n = a.shape
    if m < n:
        v, s, ut = svd(a.T)
        return ut.T, s, v.T
    scale = power_of_two_near(a, xp)
    identity = xp.eye(n, dtype=a.dtype, device=device(a))
    stacked = xp.concat([a / scale, identity])  # (m + n, n): each turn is applied to A and to V at once
    turned = orthogonalise([stacked[:, j] for j in range(n)], m, tolerance=math.sqrt(m) * xp.finfo(a.dtype).eps)
    turned = [column / length(column[m:]) for column in turned]  # V's columns: length 1, but for the rounding of turns
    lengths = [length(column[:m]) for column in turned]
    order = sorted(range(n), key=lambda j: -lengths[j])
    negligible = math.sqrt(xp.finfo(a.dtype).smallest_normal) / xp.finfo(a.dtype).eps  # its square has lost its digits
    u = []
    for j in order:
        column = turned[j][:m]
        u.append(column / lengths[j] if lengths[j] > negligible else perpendicular_to(u, column, xp))
    s = [lengths[j] * scale for j in order]
    return (
        as_columns(u, (m, n), a, xp),
        xp.asarray(s, dtype=a.dtype, device=device(a)),
        as_columns([turned[j][m:] for j in order], (n, n), a, xp).T,
    )


def power_of_two_near(a, xp):
    """The power of two at or below the largest |entry|: dividing by it is exact, and squares then neither overflow nor vanish."""
    largest = float(xp.max(xp.abs(a))) if 0 not in a.shape else 0.0
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0


def orthogonalise(columns, m, tolerance, sweeps=40):
    """Rotate columns in pairs until each pair's first m entries are orthogonal relative to their lengths."""
    for _ in range(sweeps):
        rotated = False
        for i in range(len(columns) - 1):
            for j in range(i + 1, len(columns)):
                p, q = columns[i], columns[j]
                alpha, beta, gamma = float(p[:m] @ p[:m]), float(q[:m] @ q[:m]), float(p[:m] @ q[:m])
                if abs(gamma) <= tolerance * math.sqrt(alpha) * math.sqrt(beta):
                    continue
                zeta = (beta - alpha) / (2 * gamma)
                t = math.copysign(1.0, zeta) / (
                    abs(zeta) + math.hypot(1.0, zeta)
                )  # the smaller root: at most 45 degrees
                c = 1 / math.hypot(1.0, t)
                columns[i], columns[j] = c * p - c * t * q, c * t * p + c * q
                rotated = True
        if not rotated:
            break
    return columns


def length(column):
    return math.sqrt(float(column @ column))


def perpendicular_to(basis, like, xp):
    """A unit vector orthogonal to these: the axis that they cover least, minus its projections (twice: once is not enough)."""
    m = like.shape[0]
    covered = sum((b * b for b in basis), xp.zeros_like(like))
    axis = int(xp.argmin(covered))
    vector = xp.asarray([float(i == axis) for i in range(m)], dtype=like.dtype, device=device(like))
    for _ in range(2):
        for b in basis:
            vector = vector - (b @ vector) * b
    return vector / length(vector)


def as_columns(columns, shape, like, xp):
    return xp.stack(columns, axis=1) if columns else xp.zeros(shape, dtype=like.dtype, device=device(like))
