"""Token by token, with nothing but vectors: what a query sees is cut out, so that no mask is needed."""

import numpy as np


def _softmax(scores):
    e = np.exp(scores - np.max(scores))
    return e / e.sum()


def _seen(i, t, n, causal):
    return min(i + 1, n) if causal else n


def self_attention(x, wq, wk, wv, causal=False, lengths=None):
    b, t, _ = x.shape
    out = np.zeros((b, t, wv.shape[1]), dtype=x.dtype)
    for s in range(b):
        n = t if lengths is None else lengths[s]
        for i in range(n):
            seen = x[s, : _seen(i, t, n, causal)]
            scores = np.array([(x[s, i] @ wq) @ (token @ wk) for token in seen]) / np.sqrt(wq.shape[1])
            out[s, i] = sum(p * (token @ wv) for p, token in zip(_softmax(scores), seen, strict=True))
    return out


def self_attention_backward(dout, x, wq, wk, wv, causal=False, lengths=None):
    b, t, _ = x.shape
    dx, dwq, dwk, dwv = np.zeros_like(x), np.zeros_like(wq), np.zeros_like(wk), np.zeros_like(wv)
    root = np.sqrt(np.array(wq.shape[1], dtype=x.dtype))
    for s in range(b):
        n = t if lengths is None else lengths[s]
        for i in range(n):
            m = _seen(i, t, n, causal)
            q, k, v = x[s, i] @ wq, x[s, :m] @ wk, x[s, :m] @ wv
            p = _softmax(k @ q / root)
            dp = v @ dout[s, i]
            ds = (np.diag(p) - np.outer(p, p)) @ dp / root
            dq, dk, dv = ds @ k, np.outer(ds, q), np.outer(p, dout[s, i])
            dx[s, i] += wq @ dq
            dx[s, :m] += dk @ wk.T + dv @ wv.T
            dwq += np.outer(x[s, i], dq)
            dwk += x[s, :m].T @ dk
            dwv += x[s, :m].T @ dv
    return dx, dwq, dwk, dwv
