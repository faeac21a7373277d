"""Everything in einsum over parameters seen as (heads, width, d), so that nothing is ever split or joined."""

import numpy as np


def _parts(in_proj, in_bias, heads):
    d = in_proj.shape[1]
    if d % heads:
        raise ValueError("the width must be a multiple of the heads")
    return in_proj.reshape(3, heads, d // heads, d), in_bias.reshape(3, heads, d // heads)


def _project(x, w, bias):
    return np.einsum("bnd,hwd->bnhw", x, w, optimize=True) + bias


def head_weights(q, k, in_proj, in_bias, heads, mask=None):
    w, bias = _parts(in_proj, in_bias, heads)
    scores = np.einsum("bnhw,bmhw->bhnm", _project(q, w[0], bias[0]), _project(k, w[1], bias[1]))
    scores /= np.sqrt(w.shape[2])
    if mask is None:
        e = np.exp(scores - scores.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)
    seen = np.broadcast_to(mask, scores.shape)
    highest = np.max(scores, axis=-1, keepdims=True, where=seen, initial=np.finfo(scores.dtype).min)
    e = np.exp(np.minimum(scores - highest, 0)) * seen
    total = e.sum(-1, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0)


def _heads_out(q, k, v, in_proj, in_bias, heads, mask):
    w, bias = _parts(in_proj, in_bias, heads)
    return np.einsum("bhnm,bmhw->bnhw", head_weights(q, k, in_proj, in_bias, heads, mask), _project(v, w[2], bias[2]))


def multi_head_attention(q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    means = _heads_out(q, k, v, in_proj, in_bias, heads, mask)
    return np.einsum("bnhw,ehw->bne", means, out_proj.reshape(len(out_proj), heads, -1), optimize=True) + out_bias


def multi_head_attention_backward(dout, q, k, v, in_proj, in_bias, out_proj, out_bias, heads, mask=None):
    w, bias = _parts(in_proj, in_bias, heads)
    out = out_proj.reshape(len(out_proj), heads, -1)
    p = head_weights(q, k, in_proj, in_bias, heads, mask)
    qh, kh, vh = (_project(x, w[i], bias[i]) for i, x in enumerate((q, k, v)))
    dmeans = np.einsum("bne,ehw->bnhw", dout, out)
    dp = np.einsum("bnhw,bmhw->bhnm", dmeans, vh)
    ds = p * (dp - np.einsum("bhnm,bhnm->bhn", p, dp)[..., None]) / np.array(w.shape[2] ** 0.5, dtype=q.dtype)
    dqh = np.einsum("bhnm,bmhw->bnhw", ds, kh)
    dkh = np.einsum("bhnm,bnhw->bmhw", ds, qh)
    dvh = np.einsum("bhnm,bnhw->bmhw", p, dmeans)
    dx = [np.einsum("bnhw,hwd->bnd", dy, w[i], optimize=True) for i, dy in enumerate((dqh, dkh, dvh))]
    dw = [np.einsum("bnhw,bnd->hwd", dy, x, optimize=True) for dy, x in zip((dqh, dkh, dvh), (q, k, v), strict=True)]
    db = [dy.sum((0, 1)) for dy in (dqh, dkh, dvh)]
    means = np.einsum("bhnm,bmhw->bnhw", p, vh)
    dout_proj = np.einsum("bne,bnhw->ehw", dout, means).reshape(out_proj.shape)
    return (*dx, np.stack(dw).reshape(in_proj.shape), np.stack(db).reshape(-1), dout_proj, dout.sum((0, 1)))
