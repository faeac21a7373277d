"""Scaled dot-product attention: your template. Copy of it: impls/attention/attention.py.

Shapes: q (..., n, d), k (..., m, d), v (..., m, e), with the same leading axes: none, a batch, batch and heads, or more.
mask: None, or bool of any shape that broadcasts to (..., n, m); True means that the query may attend to the key.
scale: None for 1/sqrt(d), or a Python number (0 is a number too). Results have the dtype of q; inputs stay as they were.
"""


def attention(q, k, v, mask=None, scale=None):
    """Return, for each query, the mean of the values under the weights softmax(scale * q k^T): (..., n, e).

    A key that a query may not attend to has no influence on it, whatever finite numbers stand in k and v there.
    A query that may attend to nothing gets zeros. Large finite scores do not overflow.
    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    raise NotImplementedError("write attention() in impls/attention/attention.py")


def attention_backward(dout, q, k, v, mask=None, scale=None):
    """Carry a gradient back through out = attention(q, k, v, mask, scale).

    dout (..., n, e): derivative of a loss with respect to out. Returns (dq, dk, dv), shaped as q, k and v.
    What was masked neither gives nor gets a gradient: a query without keys has dq = 0, a key without queries dk = dv = 0.
    """
    raise NotImplementedError("write attention_backward() in impls/attention/attention.py")
