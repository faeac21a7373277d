"""Only what depends on the step before stays in the loop; the rest is done for all steps at once. numpy,
torch and CuPy.

Forward the products with wx leave the loop. Backward also the slopes of the gates,
which are known before it begins, and all three weight gradients.
"""

from array_api_compat import array_namespace


def lstm_forward(x, h0, c0, wx, wh, b):
    xp = array_namespace(x)
    (t, n, d), h = x.shape, h0.shape[1]
    scale = xp.ones_like(b)  # sigmoid(z) = 1/2 + 1/2 tanh(z / 2): with halved weights one tanh serves all four gates
    scale[: 2 * h], scale[3 * h :] = 0.5, 0.5
    gates = xp.reshape(xp.reshape(x, (t * n, d)) @ (wx * scale[:, None]).T, (t, n, 4 * h))
    gates += b * scale
    back = (wh * scale[:, None]).T
    hs, cs = gates[:, :, :h] + 0, gates[:, :, :h] + 0
    now, cell = h0, c0
    for step in range(t):
        a = gates[step, ...]
        a += now @ back
        a[...] = xp.tanh(a)
        for gate in (a[:, : 2 * h], a[:, 3 * h :]):
            gate *= 0.5
            gate += 0.5
        cell = cs[step, ...] = a[:, h : 2 * h] * cell + a[:, :h] * a[:, 2 * h : 3 * h]
        now = hs[step, ...] = a[:, 3 * h :] * xp.tanh(cell)
    return hs, cs, (x, h0, c0, wx, wh, hs, cs, gates)


def lstm_backward(dhs, dcs, cache):
    x, h0, c0, wx, wh, hs, cs, gates = cache
    xp = array_namespace(x)
    (t, n, d), h = x.shape, h0.shape[1]
    i, f, g, o = (gates[:, :, k * h : (k + 1) * h] for k in range(4))
    c_before = xp.concat((c0[None, ...], cs), axis=0)[:t, ...]
    tanh_c = xp.tanh(cs)
    into_cell = o * (1 - tanh_c**2)
    slopes = xp.concat((g * i * (1 - i), c_before * f * (1 - f), i * (1 - g**2), tanh_c * o * (1 - o)), axis=2)
    dz = xp.reshape(slopes, (t, n, 4, h))
    dh, dc = xp.zeros_like(h0), xp.zeros_like(c0)
    for step in reversed(range(t)):
        dh = dh + dhs[step, ...]
        dc = dc + dcs[step, ...] + dh * into_cell[step, ...]
        now = dz[step, ...]
        now[:, :3, :] *= dc[:, None, :]
        now[:, 3, :] *= dh
        dh, dc = xp.reshape(now, (n, 4 * h)) @ wh, dc * f[step, ...]
    flat = xp.reshape(dz, (t * n, 4 * h))
    h_before = xp.reshape(xp.concat((h0[None, ...], hs), axis=0)[:t, ...], (t * n, h))
    dwx, dwh = (xp.reshape(x, (t * n, d)).T @ flat).T, (h_before.T @ flat).T
    return xp.reshape(flat @ wx, (t, n, d)), dh, dc, dwx, dwh, xp.sum(flat, axis=0)
