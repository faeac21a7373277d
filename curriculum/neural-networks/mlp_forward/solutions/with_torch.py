"""torch: product and bias in one call, the activation in place."""

import torch


def mlp_forward(x, params, act="relu"):
    hidden, value = [], x
    for i, (w, b) in enumerate(params):
        value = torch.addmm(b, value, w.T)
        if i < len(params) - 1:
            if act == "relu":
                value.clamp_(min=0)
            elif act == "tanh":
                value.tanh_()
            hidden.append(value)
    return value, hidden


def xor_params(low, high, like):
    """relu(x1 - x2) + relu(x2 - x1) is |x1 - x2|, wherever low lies."""
    w = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).to(like)
    return [(w, torch.zeros(2).to(like)), (torch.ones(1, 2).to(like) / (high - low), torch.zeros(1).to(like))]
