"""Lists of states and columns in the place of rows, the way that lecture notes write it."""

import numpy as np


def rnn_forward(x, h0, wx, wh, b):
    T = len(x)
    H = {-1: h0.T}
    for s in range(T):
        H[s] = np.tanh(np.einsum("ij,jn->in", wx, x[s].T) + np.dot(wh, H[s - 1]) + b[:, np.newaxis])
    hs = np.empty((T, *h0.shape), dtype=x.dtype)
    for s in range(T):
        hs[s] = H[s].T
    return hs, {"x": x, "H": H, "Wx": wx, "Wh": wh}


def rnn_backward(dhs, cache, truncate=None):
    x, H, Wx, Wh = cache["x"], cache["H"], cache["Wx"], cache["Wh"]
    T = x.shape[0]
    k = T if truncate is None else truncate
    dWx, dWh, db = np.zeros(Wx.shape, Wx.dtype), np.zeros(Wh.shape, Wh.dtype), np.zeros(Wh.shape[0], Wh.dtype)
    dx = np.zeros(x.shape, x.dtype)
    dh0 = np.zeros(H[-1].T.shape, x.dtype)
    for start in range(0, T, max(k, 1)):  # chunk by chunk, each on its own
        carried = np.zeros(H[-1].shape, x.dtype)
        for s in range(min(start + k, T) - 1, start - 1, -1):
            total = dhs[s].T + carried
            dpre = total - total * H[s] * H[s]
            dWx = dWx + dpre.dot(x[s])
            dWh = dWh + dpre.dot(H[s - 1].T)
            db = db + dpre.sum(axis=1)
            dx[s] = Wx.T.dot(dpre).T
            carried = Wh.T.dot(dpre)
        if start == 0:
            dh0 = np.ascontiguousarray(carried.T)
    return dx, dh0, dWx, dWh, db
