"""What torch.nn.MultiheadAttention calls, and autograd through it. Its masks are True where one may not look."""

import torch
from torch.nn import functional


def _forward(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask, weights):
    b, n, d = q.shape
    if d % heads:
        raise ValueError(f"{heads} heads do not divide {d}")
    if mask is not None:
        mask = ~mask.broadcast_to(b, heads, n, k.shape[1]).reshape(b * heads, n, k.shape[1])
    return functional.multi_head_attention_forward(
        *(a.transpose(0, 1) for a in (q, k, v)), d, heads, in_proj, in_bias, None, None, False, 0.0, out_proj, out_bias,
        training=False, attn_mask=mask, need_weights=weights, average_attn_weights=False,
    )  # fmt: skip


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    _, weights = _forward(q, k, k, in_proj, in_bias, in_proj[: q.shape[-1]], None, heads, mask, True)
    return torch.nan_to_num(weights)  # a query that may attend to nothing: nan in torch, 0 here


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    return _forward(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask, False)[0].transpose(0, 1)


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    leaves = [a.detach().requires_grad_() for a in (q, k, v, in_proj, in_bias, out_proj, out_bias)]
    output = torch.nan_to_num(multi_head_attention(*leaves, heads, mask))
    return torch.autograd.grad(output, leaves, dout)
