"""The same on torch tensors, with temporaries reused in place."""

import torch


def _linear(x, weight, bias):
    return torch.addmm(bias, x.flatten(0, 1), weight.mT).view(*x.shape[:2], len(bias))


def _norm(x, state, name):
    centred = x - x.mean(dim=-1, keepdim=True)
    deviation = centred.square().mean(dim=-1, keepdim=True).add_(1e-5).sqrt_()
    return centred.div_(deviation).mul_(state[f"{name}.weight"]).add_(state[f"{name}.bias"])


def _attention(x, state, heads, key_padding):
    b, t, d = x.shape
    projected = _linear(x, state["self_attn.in_proj_weight"], state["self_attn.in_proj_bias"])
    q, k, v = projected.view(b, t, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
    scores = (q * (d // heads) ** -0.5) @ k.mT
    if key_padding is not None:
        scores.masked_fill_(key_padding[:, None, None, :], -torch.inf)
    top = scores.amax(dim=-1, keepdim=True)
    scores.sub_(top.masked_fill_(top == -torch.inf, 0.0)).exp_()
    total = scores.sum(dim=-1, keepdim=True)
    joined = (scores @ v).div_(total.masked_fill_(total == 0, 1.0)).transpose(1, 2).flatten(2)
    return _linear(joined, state["self_attn.out_proj.weight"], state["self_attn.out_proj.bias"])


def _network(x, state, act):
    hidden = _linear(x, state["linear1.weight"], state["linear1.bias"])
    if act == "relu":
        hidden.clamp_(min=0)
    elif act == "gelu":
        hidden.mul_((hidden * 0.5**0.5).erf_().add_(1).mul_(0.5))
    else:
        raise ValueError(f"act is {act!r}, not 'relu' or 'gelu'")
    return _linear(hidden, state["linear2.weight"], state["linear2.bias"])


def encoder_layer(x, state, heads, norm_first=False, act="relu", key_padding=None):
    if norm_first:
        y = _attention(_norm(x, state, "norm1"), state, heads, key_padding).add_(x)
        return _network(_norm(y, state, "norm2"), state, act).add_(y)
    y = _norm(_attention(x, state, heads, key_padding).add_(x), state, "norm1")
    return _norm(_network(y, state, act).add_(y), state, "norm2")
