"""One step after the other, forward and back. numpy, torch and CuPy."""

from array_api_compat import array_namespace


def lstm_forward(x, h0, c0, wx, wh, b):
    xp = array_namespace(x)
    hs, cs, gates = _empty(x, h0), _empty(x, h0), []
    h, c = h0, c0
    for step in range(x.shape[0]):
        z = x[step, ...] @ wx.T + h @ wh.T + b
        i, f, g, o = _blocks(z)
        i, f, g, o = _sigmoid(i), _sigmoid(f), xp.tanh(g), _sigmoid(o)
        c = f * c + i * g
        h = o * xp.tanh(c)
        hs[step, ...], cs[step, ...] = h, c
        gates.append((i, f, g, o))
    return hs, cs, (x, h0, c0, wx, wh, hs, cs, gates)


def lstm_backward(dhs, dcs, cache):
    x, h0, c0, wx, wh, hs, cs, gates = cache
    xp = array_namespace(x)
    dx, dwx, dwh, db = xp.zeros_like(x), xp.zeros_like(wx), xp.zeros_like(wh), xp.zeros_like(wh[:, 0])
    dh, dc = xp.zeros_like(h0), xp.zeros_like(c0)
    for step in reversed(range(x.shape[0])):
        i, f, g, o = gates[step]
        h_before, c_before = (hs[step - 1, ...], cs[step - 1, ...]) if step else (h0, c0)
        tanh_c = xp.tanh(cs[step, ...])
        dh = dh + dhs[step, ...]
        dc = dc + dcs[step, ...] + dh * o * (1 - tanh_c**2)
        dz_i = dc * g * i * (1 - i)
        dz_f = dc * c_before * f * (1 - f)
        dz_g = dc * i * (1 - g**2)
        dz_o = dh * tanh_c * o * (1 - o)
        dz = xp.concat((dz_i, dz_f, dz_g, dz_o), axis=1)
        dx[step, ...] = dz @ wx
        dwx += dz.T @ x[step, ...]
        dwh += dz.T @ h_before
        db += xp.sum(dz, axis=0)
        dh, dc = dz @ wh, dc * f
    return dx, dh, dc, dwx, dwh, db


def _sigmoid(z):
    """1 / (1 + exp(-z)), by a tanh, which overflows nowhere."""
    return 0.5 + 0.5 * array_namespace(z).tanh(0.5 * z)


def _blocks(z):
    """z (n, 4h) as its four blocks of h columns."""
    h = z.shape[1] // 4
    return [z[:, k * h : (k + 1) * h] for k in range(4)]


def _empty(x, h0):
    """Room for what every step gives, (t, n, h)."""
    xp = array_namespace(x)
    return xp.zeros_like(xp.broadcast_to(h0, (x.shape[0], *h0.shape)))
