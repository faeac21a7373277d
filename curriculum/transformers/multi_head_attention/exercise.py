"""Multi-head attention over any queries, keys and values: your template. Copy of it:
impls/multi_head_attention/multi_head_attention.py.

Shapes: q (b, n, d), k and v (b, m, d): k and v come from the same tokens as q (self-attention) or from others
(cross-attention).
in_proj (3d, d) and in_bias (3d,): rows 0 to d - 1 make the queries, d to 2d - 1 the keys, 2d to 3d - 1 the values,
each as x W^T + bias, as in torch. out_proj (d, d) and out_bias (d,): the last projection, likewise. heads:
an int that divides d, else ValueError; head i has entries i d/heads to (i + 1) d/heads - 1 of the projected queries,
keys and values.
mask: None, or bool of any shape that broadcasts to (b, heads, n, m); True means that the query may attend to the key.
Results have the dtype of q; inputs stay as they were. Source: Vaswani et al. 2017, section 3.2.2,
https://arxiv.org/abs/1706.03762
"""


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    """Return the attention weights of every head, (b, heads, n, m):
    softmax over the keys of the scores divided by sqrt(d / heads).

    A key that a query may not attend to has weight 0, whatever finite numbers stand in k;
    a query that may attend to nothing has only weights of 0. Large finite scores do not overflow.
    """
    raise NotImplementedError("write head_weights() in impls/multi_head_attention/multi_head_attention.py")


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    """Return the output (b, n, d): the heads' means of values side by side in the order of the heads,
    then the last projection.

    A query that may attend to nothing gets out_bias.
    """
    raise NotImplementedError("write multi_head_attention() in impls/multi_head_attention/multi_head_attention.py")


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    """Carry a gradient back through out = multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias,
    heads, mask).

    dout (b, n, d): derivative of a loss with respect to out. Returns (dq, dk, dv, din_proj, din_bias,
    dout_proj, dout_bias), shaped as the arguments; those of the four parameters add up over the batch. What was masked
    neither gives nor gets a gradient.
    """
    raise NotImplementedError(
        "write multi_head_attention_backward() in impls/multi_head_attention/multi_head_attention.py"
    )
