"""Backpropagation through a deep network: your template. Copy of it: impls/backprop_mlp/backprop_mlp.py.

A network is `params`, a list of layers from the input up, each a pair (w, b) with w (out, in) and b (out,); ReLU stands
between layers, none after the last, whose outputs are the scores of K classes. Results have the dtype of x, and inputs
stay as they were. The same code can serve numpy, torch and CuPy, see `array_api_compat.array_namespace`.
"""


def forward(x, params, y):
    """Return (loss, cache): the mean over the batch of -log softmax(scores)[label], an array (), and your cache.

    x (n, d0), y (n,) int64 labels from 0 to K - 1; n is at least 1. The cache is any object that backward understands;
    a forward on other data must not change it. Scores of 10,000 give a finite loss.
    """
    raise NotImplementedError("write forward() in impls/backprop_mlp/backprop_mlp.py")


def backward(cache):
    """Return (grads, dx): a list of pairs (dw, db) in the order and shapes of params, and dx (n, d0).

    They are the derivatives of the loss that forward returned with this cache. ReLU's derivative at 0 is 0. A second
    call with the same cache gives the same again.
    Source: Rumelhart, Hinton, Williams 1986, https://doi.org/10.1038/323533a0
    """
    raise NotImplementedError("write backward() in impls/backprop_mlp/backprop_mlp.py")
