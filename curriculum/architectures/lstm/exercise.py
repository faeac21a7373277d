"""A long short-term memory and its gradients through time: your template. Copy of it: impls/lstm/lstm.py.

Time comes first: x (t, n, d) holds t steps of n sequences of d numbers. h0 and c0 (n, h):
hidden states and cells before the first step. wx (4h, d), wh (4h, h), b (4h,): four blocks of h rows, for the gates in
the order i, f, g, o (input, forget, candidate, output), as in torch. t and n may be 0. Results have the dtype of x;
inputs stay as they were.
"""


def lstm_forward(x, h0, c0, wx, wh, b):
    """Return (hs, cs, cache): hidden states and cells after every step, both (t, n, h),
    and whatever lstm_backward needs.

    Step s (from 1): z = x_s wx^T + h_(s-1) wh^T + b, cut into four blocks zi, zf, zg, zo; i, f, o = sigmoid(zi),
    sigmoid(zf), sigmoid(zo), g = tanh(zg); c_s = f * c_(s-1) + i * g and h_s = o * tanh(c_s). No peepholes. Finite for every finite z,
    however large.
    Sources: Hochreiter, Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735; with the forget gate of
    Gers, Schmidhuber, Cummins 2000, https://doi.org/10.1162/089976600300015015
    """
    raise NotImplementedError("write lstm_forward() in impls/lstm/lstm.py")


def lstm_backward(dhs, dcs, cache):
    """Carry gradients back through lstm_forward and through time: return (dx, dh0, dc0, dwx, dwh, db).

    dhs, dcs (t, n, h): derivative of a loss with respect to hs and cs, as it uses them at each step; that states and
    cells also act through the next step is for you to add. The results have the shapes of x, h0, c0, wx, wh, b.
    """
    raise NotImplementedError("write lstm_backward() in impls/lstm/lstm.py")
