"""A weight matrix for each gate, exponentials by the sign of their argument, and dictionaries for what is kept."""

import numpy as np


def sigma(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e)).astype(z.dtype)


def lstm_forward(x, h0, c0, wx, wh, b):
    Wi, Wf, Wg, Wo = np.split(wx, 4)
    Ui, Uf, Ug, Uo = np.split(wh, 4)
    bi, bf, bg, bo = np.split(b, 4)
    hs, cs, kept = np.zeros((len(x), *h0.shape), x.dtype), np.zeros((len(x), *h0.shape), x.dtype), []
    h, c = h0, c0
    for s, xs in enumerate(x):
        m = {"x": xs, "h": h, "c": c}
        m["i"] = sigma(xs @ Wi.T + h @ Ui.T + bi)
        m["f"] = sigma(xs @ Wf.T + h @ Uf.T + bf)
        m["g"] = np.tanh(xs @ Wg.T + h @ Ug.T + bg)
        m["o"] = sigma(xs @ Wo.T + h @ Uo.T + bo)
        c = m["f"] * c + m["i"] * m["g"]
        m["tc"] = np.tanh(c)
        h = m["o"] * m["tc"]
        hs[s], cs[s] = h, c
        kept.append(m)
    return hs, cs, (kept, wx, wh, h0, c0, x)


def lstm_backward(dhs, dcs, cache):
    kept, wx, wh, h0, c0, x = cache
    U, W = np.split(wh, 4), np.split(wx, 4)
    dW, dU, db = [np.zeros_like(w) for w in W], [np.zeros_like(u) for u in U], [np.zeros_like(u[:, 0]) for u in U]
    dx, dh, dc = np.zeros_like(x), np.zeros_like(h0), np.zeros_like(c0)
    for s in range(len(kept) - 1, -1, -1):
        m = kept[s]
        dh = dh + dhs[s]
        dc = dc + dcs[s] + dh * m["o"] * (1 - m["tc"]) * (1 + m["tc"])
        dz = [
            dc * m["g"] * m["i"] * (1 - m["i"]),
            dc * m["c"] * m["f"] * (1 - m["f"]),
            dc * m["i"] * (1 - m["g"]) * (1 + m["g"]),
            dh * m["tc"] * m["o"] * (1 - m["o"]),
        ]
        for k in range(4):
            dW[k] += dz[k].T @ m["x"]
            dU[k] += dz[k].T @ m["h"]
            db[k] += dz[k].sum(axis=0)
        dx[s] = sum(dz[k] @ W[k] for k in range(4))
        dh = sum(dz[k] @ U[k] for k in range(4))
        dc = dc * m["f"]
    return dx, dh, dc, np.concatenate(dW), np.concatenate(dU), np.concatenate(db)
