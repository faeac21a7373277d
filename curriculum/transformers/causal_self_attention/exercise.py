"""Self-attention with causal and padding masks: your template. Copy of it:
impls/causal_self_attention/causal_self_attention.py.

Shapes: x (b, t, d), a batch of b sequences of t tokens; wq and wk (d, dk); wv (d, dv). Queries are x wq,
keys x wk, values x wv.
causal: True if a token may attend to itself and to what came before it, and to nothing later.
lengths: None, or int64 (b,): sequence i is x[i, :lengths[i]], 0 <= lengths[i] <= t,
and what stands behind it is padding.
Results have the dtype of x; inputs stay as they were.
"""


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    """Return, for each token, the mean of the values under softmax(q k^T / sqrt(dk)): (b, t, dv).

    Padding has no influence on tokens, whatever finite numbers stand there, and its own outputs are zeros:
    the result is as if each sequence had been cut to its length, computed by itself, and filled up with zeros. Large
    finite scores do not overflow.
    Sources: Vaswani et al. 2017, sections 3.2.1 and 3.2.3, https://arxiv.org/abs/1706.03762
    """
    raise NotImplementedError("write self_attention() in impls/causal_self_attention/causal_self_attention.py")


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    """Carry a gradient back through out = self_attention(x, wq, wk, wv, causal, lengths).

    dout (b, t, dv): derivative of a loss with respect to out. Returns (dx, dwq, dwk, dwv), shaped as x, wq,
    wk and wv; the weights serve all sequences, so their gradients add up over the batch. Padding gives no gradient,
    whatever dout holds there, and gets none: its dx is 0.
    """
    raise NotImplementedError("write self_attention_backward() in impls/causal_self_attention/causal_self_attention.py")
