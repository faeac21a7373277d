"""torch's own attention, by the path that it takes where no fused kernel fits, and autograd."""

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel


def attention(q, k, v, mask=None, scale=None):
    if mask is not None:  # torch adds -inf where one may not look: nan where a hidden key's score is inf
        k = torch.where(mask.broadcast_to(*q.shape[:-1], k.shape[-2]).any(-2)[..., None], k, 0.0)
    with sdpa_kernel(SDPBackend.MATH):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, scale=scale)


def attention_backward(dout, q, k, v, mask=None, scale=None):
    inputs = [a.detach().requires_grad_() for a in (q, k, v)]
    return torch.autograd.grad(attention(*inputs, mask, scale), inputs, dout)
