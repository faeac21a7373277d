"""The same on torch tensors, with temporaries reused in place."""

import torch


def _linear(x, weight, bias):
    return torch.addmm(bias, x.flatten(0, 1), weight.mT).view(*x.shape[:2], len(bias))


def _norm(x, state, name):
    centred = x - x.mean(dim=-1, keepdim=True)
    deviation = centred.square().mean(dim=-1, keepdim=True).add_(1e-5).sqrt_()
    return centred.div_(deviation).mul_(state[f"{name}.weight"]).add_(state[f"{name}.bias"])


def _attention(x, source, state, name, heads, hidden):
    """Queries from x, keys and values from source; hidden broadcasts to (b, heads, t, s)."""
    b, t, d = x.shape
    weight, bias = state[f"{name}.in_proj_weight"], state[f"{name}.in_proj_bias"]
    q = _linear(x, weight[:d], bias[:d]).view(b, t, heads, d // heads).transpose(1, 2)
    kv = _linear(source, weight[d:], bias[d:])
    k, v = kv.view(b, source.shape[1], 2, heads, d // heads).permute(2, 0, 3, 1, 4)
    scores = (q * (d // heads) ** -0.5) @ k.mT
    if hidden is not None:
        scores.masked_fill_(hidden, -torch.inf)
    top = scores.amax(dim=-1, keepdim=True)
    scores.sub_(top.masked_fill_(top == -torch.inf, 0.0)).exp_()
    total = scores.sum(dim=-1, keepdim=True)
    joined = (scores @ v).div_(total.masked_fill_(total == 0, 1.0)).transpose(1, 2).flatten(2)
    return _linear(joined, state[f"{name}.out_proj.weight"], state[f"{name}.out_proj.bias"])


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu_(1)
    padding = None if memory_padding is None else memory_padding[:, None, None, :]

    def look_back(y):
        return _attention(y, y, state, "self_attn", heads, future)

    def look_up(y):
        return _attention(y, memory, state, "multihead_attn", heads, padding)

    def think(y):
        hidden = _linear(y, state["linear1.weight"], state["linear1.bias"]).clamp_(min=0)
        return _linear(hidden, state["linear2.weight"], state["linear2.bias"])

    for norm, sublayer in (("norm1", look_back), ("norm2", look_up), ("norm3", think)):
        x = sublayer(_norm(x, state, norm)).add_(x) if norm_first else _norm(sublayer(x).add_(x), state, norm)
    return x
