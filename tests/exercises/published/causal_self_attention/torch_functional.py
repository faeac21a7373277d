"""torch's own attention with a mask of both kinds; that padding gives zeros is this exercise's own."""

import torch


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    t = x.shape[1]
    allowed = torch.ones(t, t, dtype=torch.bool).tril() if causal else torch.ones(t, t, dtype=torch.bool)
    if lengths is not None:
        real = torch.arange(t) < lengths[:, None]
        allowed = allowed & real[:, None, :] & real[:, :, None]
    return torch.nn.functional.scaled_dot_product_attention(x @ wq, x @ wk, x @ wv, allowed)


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    inputs = [a.detach().requires_grad_() for a in (x, wq, wk, wv)]
    return torch.autograd.grad(self_attention(*inputs, causal, lengths), inputs, dout)
