"""The forward pass of a network of any depth: your template. Copy of it: impls/mlp_forward/mlp_forward.py.

A network is `params`, a list of layers from the input up, each a pair (w, b) with w (out, in) and b (out,), so that a
row x of the batch becomes w x + b. Widths may all differ, and the list may hold one layer only. Results have the dtype
of x, and inputs stay as they were. The same code can serve numpy, torch and CuPy, see
`array_api_compat.array_namespace`.
"""


def mlp_forward(x, params, act="relu"):
    """Return (y, hidden) for a batch x (n, d0): y (n, dk), and the list of what the k - 1 hidden layers gave.

    act stands between layers, 'relu', 'tanh' or 'identity'; the last layer has none. hidden[i], (n, width of layer i),
    is what comes out of the act after layer i: what backpropagation will ask for. With one layer hidden is []. n may be
    0.
    Source: Rumelhart, Hinton, Williams 1986, https://doi.org/10.1038/323533a0
    """
    raise NotImplementedError("write mlp_forward() in impls/mlp_forward/mlp_forward.py")


def xor_params(low, high, like):
    """Return the params of a network 2-2-1 with 'relu', found by hand, that computes exclusive or.

    low < high, floats, stand for false and true: for rows (low, low), (low, high), (high, low), (high, high)
    mlp_forward(x, params, 'relu') must give 0, 1, 1, 0. The list has two pairs (w, b), of shapes (2, 2), (2,) and (1,
    2), (1,), arrays of the type and dtype of `like`, a float array of shape ().
    """
    raise NotImplementedError("write xor_params() in impls/mlp_forward/mlp_forward.py")
