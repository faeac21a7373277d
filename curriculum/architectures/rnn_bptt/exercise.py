"""A recurrent network and backpropagation through time: your template. Copy of it: impls/rnn_bptt/rnn_bptt.py.

Time comes first: x (t, n, d) holds t steps of n sequences of d numbers. h0 (n, h): the states before the first step.
wx (h, d), wh (h, h), b (h,): one set of weights for all steps. t and n may be 0. Results have the dtype of x; inputs
stay as they were.
"""


def rnn_forward(x, h0, wx, wh, b):
    """Return (hs, cache): hs (t, n, h) the states after every step, cache whatever rnn_backward will need.

    Step s (from 1): h_s = tanh(x_s wx^T + h_(s-1) wh^T + b), each sequence a row. The cache may be any object.
    Source: Elman 1990, https://doi.org/10.1207/s15516709cog1402_1
    """
    raise NotImplementedError("write rnn_forward() in impls/rnn_bptt/rnn_bptt.py")


def rnn_backward(dhs, cache, truncate=None):
    """Carry gradients back through rnn_forward and through time: return (dx, dh0, dwx, dwh, db).

    dhs (t, n, h): derivative of a loss with respect to hs, as used by a loss at each step;
    that a state also acts through the next one is for you to add. The results have the shapes of x, h0, wx, wh, b.
    truncate=k cuts time into chunks of k steps, from the first step on (the last chunk may be shorter): no gradient
    crosses from a chunk into the one before, as if the state had been a constant there.
    dh0 belongs to the first chunk. None, or a k of at least t, cuts nothing.
    Source: Werbos 1990, https://doi.org/10.1109/5.58337
    """
    raise NotImplementedError("write rnn_backward() in impls/rnn_bptt/rnn_bptt.py")
