"""Only what depends on the step before stays in the loop; the rest is one product over all steps. numpy,
torch and CuPy.

(t n) x d times d x h in one call is one large product instead of t small ones; so are all three weight gradients.
"""

from array_api_compat import array_namespace


def rnn_forward(x, h0, wx, wh, b):
    xp = array_namespace(x)
    t, n, d = x.shape
    hs = xp.reshape(xp.reshape(x, (t * n, d)) @ wx.T, (t, n, wh.shape[0]))
    hs += b
    h, back = h0, wh.T
    for step in range(t):
        z = hs[step, ...]
        z += h @ back
        h = hs[step, ...] = xp.tanh(z)
    return hs, (x, h0, hs, wx, wh)


def rnn_backward(dhs, cache, truncate=None):
    x, h0, hs, wx, wh = cache
    xp = array_namespace(x)
    (t, n, d), h = x.shape, wh.shape[0]
    dz = 1 - hs**2
    dh = xp.zeros_like(h0)
    for step in reversed(range(t)):
        now = dz[step, ...]
        now *= dh + dhs[step, ...]
        dh = now @ wh
        if truncate is not None and step and step % truncate == 0:
            dh = xp.zeros_like(dh)
    flat = xp.reshape(dz, (t * n, h))
    before = xp.reshape(xp.concat((h0[None, ...], hs), axis=0)[:t, ...], (t * n, h))
    dwx, dwh = (xp.reshape(x, (t * n, d)).T @ flat).T, flat.T @ before
    return xp.reshape(flat @ wx, (t, n, d)), dh, dwx, dwh, xp.sum(flat, axis=0)
