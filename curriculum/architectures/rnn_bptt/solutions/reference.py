"""One step after the other, forward and back. numpy, torch and CuPy."""

from array_api_compat import array_namespace, device


def rnn_forward(x, h0, wx, wh, b):
    xp = array_namespace(x)
    hs = xp.zeros((x.shape[0], *h0.shape), dtype=x.dtype, device=device(x))
    h = h0
    for step in range(x.shape[0]):
        h = xp.tanh(x[step, ...] @ wx.T + h @ wh.T + b)
        hs[step, ...] = h
    return hs, (x, h0, hs, wx, wh)


def rnn_backward(dhs, cache, truncate=None):
    x, h0, hs, wx, wh = cache
    xp = array_namespace(x)
    dx, dwx, dwh, db = xp.zeros_like(x), xp.zeros_like(wx), xp.zeros_like(wh), xp.zeros_like(wh[:, 0])
    dh = xp.zeros_like(h0)
    for step in reversed(range(x.shape[0])):
        before = hs[step - 1, ...] if step else h0
        dz = (dhs[step, ...] + dh) * (1 - hs[step, ...] ** 2)
        dx[step, ...] = dz @ wx
        dwx += dz.T @ x[step, ...]
        dwh += dz.T @ before
        db += xp.sum(dz, axis=0)
        dh = dz @ wh
        if truncate is not None and step and step % truncate == 0:
            dh = xp.zeros_like(dh)  # a chunk begins here, and what was before it counts as constant
    return dx, dh, dwx, dwh, db
