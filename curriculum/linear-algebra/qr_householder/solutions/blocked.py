"""Panels of columns, whose reflections are applied to the rest at once as I - V T V^T (Schreiber and Van Loan 1989).

Products of matrices instead of one outer product a column: the rest of the matrix is read once a panel. Any array-API
backend.
"""

import math

from array_api_compat import array_namespace, device

PANEL = 32


def qr(a):
    xp = array_namespace(a)
    panels, r = triangularise(a)
    q = xp.eye(*a.shape, dtype=a.dtype, device=device(a))
    for start, v, t in reversed(panels):
        q[start:, start:] -= v @ (t @ (v.T @ q[start:, start:]))  # columns before start are still those of the identity
    return q, r


def lstsq(a, b):
    xp = array_namespace(a)
    panels, r = triangularise(a)
    c = xp.asarray(b, copy=True)
    for start, v, t in panels:
        c[start:] -= v @ (t.T @ (v.T @ c[start:]))
    return back_substitution(r, c, xp)


def triangularise(a):
    """[(first row, V, T)] of all panels, and r."""
    xp = array_namespace(a)
    n = a.shape[1]
    r, panels = xp.asarray(a, copy=True), []
    for start in range(0, n, PANEL):
        stop = min(start + PANEL, n)
        v, t = factor(r[start:, start:stop], xp)
        if stop < n:
            r[start:, stop:] -= v @ (t.T @ (v.T @ r[start:, stop:]))
        panels.append((start, v, t))
    return panels, xp.triu(r[:n, :])


def factor(panel, xp):
    """Triangularise the panel in place; V has the unit vectors as columns, all reflections together are I - V T V^T."""
    v = xp.zeros_like(panel)
    k = panel.shape[1]
    for j in range(k):
        x = panel[j:, j]
        largest = float(xp.max(xp.abs(x)))
        if largest == 0:
            continue
        w = x / largest
        size, first = math.sqrt(float(w @ w)), float(w[0])
        w[0] = first + math.copysign(size, first)
        w /= math.sqrt(2 * size * (size + abs(first)))  # the length of w, without summing again
        panel[j:, j:] -= (2 * w)[:, None] * (w @ panel[j:, j:])[None, :]
        v[j:, j] = w
    gram = v.T @ v
    t = xp.zeros((k, k), dtype=panel.dtype, device=device(panel))
    for j in range(k):
        t[:j, j] = -2 * (t[:j, :j] @ gram[:j, j])
        t[j, j] = 2
    return v, t


def back_substitution(r, c, xp):
    x = xp.zeros((r.shape[0],), dtype=r.dtype, device=device(r))
    for i in range(r.shape[0] - 1, -1, -1):
        x[i] = (c[i] - r[i, i + 1 :] @ x[i + 1 :]) / r[i, i]
    return x
