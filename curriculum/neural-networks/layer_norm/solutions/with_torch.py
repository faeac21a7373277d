"""torch, with few temporaries: addcmul fuses a product and a sum, methods ending in _ reuse what is no longer needed.

torch.var_mean would be shorter, but its running sums made the forward five times slower on the CPU (22 against 4 ms).
"""

import torch


def layer_norm(x, gamma, beta, eps=1e-5):
    xhat, _ = _standardized(x.to(_wide(x)), eps)
    return torch.addcmul(beta.to(xhat.dtype), xhat, gamma.to(xhat.dtype)).to(x.dtype)


def layer_norm_backward(dy, x, gamma, eps=1e-5):
    xhat, inv_std = _standardized(x.to(_wide(x)), eps)
    dy = dy.to(xhat.dtype)
    g = dy * gamma
    share = (g * xhat).mean(dim=-1, keepdim=True)
    dx = (g - g.mean(dim=-1, keepdim=True)).addcmul_(xhat, share, value=-1).mul_(inv_std)
    return dx.to(x.dtype), _over_rows(dy * xhat).to(x.dtype), _over_rows(dy).to(x.dtype)


def rms_norm(x, gamma, eps=1e-5):
    xhat, _ = _scaled(x.to(_wide(x)), eps)
    return xhat.mul_(gamma).to(x.dtype)


def rms_norm_backward(dy, x, gamma, eps=1e-5):
    xhat, inv_rms = _scaled(x.to(_wide(x)), eps)
    dy = dy.to(xhat.dtype)
    g = dy * gamma
    share = (g * xhat).mean(dim=-1, keepdim=True)
    dx = g.addcmul_(xhat, share, value=-1).mul_(inv_rms)
    return dx.to(x.dtype), _over_rows(dy * xhat).to(x.dtype)


def _standardized(x, eps):
    centred = x - x.mean(dim=-1, keepdim=True)
    inv_std = _inverse_rms(centred, eps)
    return centred.mul_(inv_std), inv_std


def _scaled(x, eps):
    inv_rms = _inverse_rms(x, eps)
    return x * inv_rms, inv_rms


def _inverse_rms(x, eps):
    return torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + eps)


def _over_rows(a):
    return a.reshape(-1, a.shape[-1]).sum(dim=0)


def _wide(x):
    return torch.promote_types(x.dtype, torch.float32)
