"""The formulas of the reference on torch tensors: views in the place of copies,
and every pass over the scores in place."""

import torch


def _projected(i, x, in_proj, in_bias, heads):
    """Queries (i = 0), keys (1) or values (2) of every head, as a view (b, heads, n, d / heads)."""
    d = x.shape[-1]
    if d % heads != 0:
        raise ValueError(f"{heads} heads do not divide a width of {d}")
    rows = slice(i * d, (i + 1) * d)
    return (
        torch.addmm(in_bias[rows], x.flatten(0, 1), in_proj[rows].mT)
        .view(*x.shape[:2], heads, d // heads)
        .transpose(1, 2)
    )


def _terms(queries, keys, mask):
    """exp(scores - maximum) and their sums (1 where there is nothing to sum)."""
    scores = (queries * queries.shape[-1] ** -0.5) @ keys.mT
    if mask is not None:
        scores.masked_fill_(~mask, -torch.inf)
    top = scores.amax(dim=-1, keepdim=True)
    scores.sub_(top.masked_fill_(top == -torch.inf, 0.0)).exp_()
    total = scores.sum(dim=-1, keepdim=True)
    return scores, total.masked_fill_(total == 0, 1.0)


def _joined(x):
    return x.transpose(1, 2).flatten(2)


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    queries, keys = _projected(0, q, in_proj, in_bias, heads), _projected(1, k, in_proj, in_bias, heads)
    terms, total = _terms(queries, keys, mask)
    return terms.div_(total)


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    queries, keys, values = (_projected(i, x, in_proj, in_bias, heads) for i, x in enumerate((q, k, v)))
    terms, total = _terms(queries, keys, mask)
    joined = _joined((terms @ values).div_(total))
    return torch.addmm(out_bias, joined.flatten(0, 1), out_proj.mT).view(q.shape)


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    queries, keys, values = (_projected(i, x, in_proj, in_bias, heads) for i, x in enumerate((q, k, v)))
    terms, total = _terms(queries, keys, mask)
    weights = terms.div_(total)
    means = weights @ values
    dmeans = (dout @ out_proj).unflatten(-1, (heads, q.shape[-1] // heads)).transpose(1, 2)
    dvalues = weights.mT @ dmeans
    dscores = dmeans @ values.mT
    dscores.sub_((dmeans * means).sum(dim=-1, keepdim=True)).mul_(weights).mul_(queries.shape[-1] ** -0.5)
    din = [_joined(part).flatten(0, 1) for part in (dscores @ keys, dscores.mT @ queries, dvalues)]
    d = q.shape[-1]
    dq, dk, dv = (
        (part @ in_proj[i * d : (i + 1) * d]).view(x.shape)
        for i, (part, x) in enumerate(zip(din, (q, k, v), strict=True))
    )
    din_proj = torch.cat([part.mT @ x.flatten(0, 1) for part, x in zip(din, (q, k, v), strict=True)])
    din_bias = torch.cat([part.sum(dim=0) for part in din])
    flat = dout.flatten(0, 1)
    return dq, dk, dv, din_proj, din_bias, flat.mT @ _joined(means).flatten(0, 1), flat.sum(dim=0)
