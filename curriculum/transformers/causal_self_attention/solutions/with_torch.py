"""Self-attention on torch tensors in blocks of queries, which compute only the keys that they may see;
softmax in place."""

import torch

ROWS = 128  # queries in a block


def _blocks(t, causal):
    """Slices of queries, and of the keys that they may see."""
    for start in range(0, t, ROWS):
        rows = slice(start, min(start + ROWS, t))
        yield rows, slice(0, rows.stop if causal else t)


def _terms(q, k, start, causal, real):
    """exp(scores - maximum) of one block of all sequences, q already scaled,
    and their sums (1 where there is nothing to sum)."""
    scores = q @ k.mT
    if causal:
        square = scores[..., start:]
        square.masked_fill_(torch.ones(square.shape[-2:], dtype=torch.bool, device=q.device).triu_(1), -torch.inf)
    if real is not None:
        scores.masked_fill_(~(real[:, None, : k.shape[1]] & real[:, start : start + q.shape[1], None]), -torch.inf)
    top = scores.amax(dim=-1, keepdim=True)
    scores.sub_(top.masked_fill_(top == -torch.inf, 0.0)).exp_()
    total = scores.sum(dim=-1, keepdim=True)
    return scores, total.masked_fill_(total == 0, 1.0)


def _prepared(x, wq, wk, wv, lengths):
    """Scaled queries, keys and values of all tokens, and which of them are no padding (None: all)."""
    real = None if lengths is None else torch.arange(x.shape[1], device=x.device) < lengths[:, None]
    return x @ (wq * wq.shape[1] ** -0.5), x @ wk, x @ wv, real


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    q, k, v, real = _prepared(x, wq, wk, wv, lengths)
    out = torch.empty_like(v)
    for rows, keys in _blocks(x.shape[1], causal):
        terms, total = _terms(q[:, rows], k[:, keys], rows.start, causal, real)
        torch.div(terms @ v[:, keys], total, out=out[:, rows])
    return out


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    q, k, v, real = _prepared(x, wq, wk, wv, lengths)
    dq, dk, dv = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
    for rows, keys in _blocks(x.shape[1], causal):
        terms, total = _terms(q[:, rows], k[:, keys], rows.start, causal, real)
        weights = terms.div_(total)
        dv[:, keys] += weights.mT @ dout[:, rows]
        dscores = dout[:, rows] @ v[:, keys].mT
        mean = torch.einsum("brm,brm->br", weights, dscores)
        dscores.sub_(mean[..., None]).mul_(weights)
        dq[:, rows] = dscores @ k[:, keys]
        dk[:, keys] += dscores.mT @ q[:, rows]
    dq *= wq.shape[1] ** -0.5
    flat = x.flatten(0, 1).mT
    return dq @ wq.mT + dk @ wk.mT + dv @ wv.mT, *(flat @ dy.flatten(0, 1) for dy in (dq, dk, dv))
