"""The roots of the eigenvalues of A^T A, and U = A V / S. What is below sqrt(eps) of the largest is lost in the product."""

import numpy as np


def svd(a):
    m, n = a.shape
    if m < n:
        v, s, ut = svd(a.T)
        return ut.T, s, v.T
    values, v = eigenvectors(a.T @ a)
    order = np.argsort(-values)
    s = np.sqrt(np.maximum(values[order], 0))
    v = v[:, order]
    return a @ v / np.where(s > 0, s, 1), s, v.T.copy()


def eigenvectors(g, sweeps=12):
    """Jacobi's rotations from both sides, in a fixed number of sweeps."""
    n = len(g)
    g, v = g.copy(), np.eye(n, dtype=g.dtype)
    for _ in range(sweeps):
        for i in range(n - 1):
            for j in range(i + 1, n):
                if g[i, j] == 0:
                    continue
                zeta = (g[j, j] - g[i, i]) / (2 * g[i, j])
                t = np.copysign(1, zeta) / (abs(zeta) + np.hypot(1, zeta))
                c = 1 / np.hypot(1, t)
                turn = np.array([[c, c * t], [-c * t, c]], dtype=g.dtype)
                g[:, [i, j]] = g[:, [i, j]] @ turn
                g[[i, j], :] = turn.T @ g[[i, j], :]
                v[:, [i, j]] = v[:, [i, j]] @ turn
    return np.diag(g).copy(), v
