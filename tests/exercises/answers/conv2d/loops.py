"""Output pixel by output pixel, as the definition reads: how a first right answer often looks."""

import numpy as np


def two(v):
    return (v, v) if isinstance(v, int) else v


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = two(stride), two(padding), two(dilation)
    n, _, h, wd = x.shape
    o, cg, kh, kw = w.shape
    xpad = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    ho = int(np.floor((h + 2 * ph - dh * (kh - 1) - 1) / sh)) + 1
    wo = int(np.floor((wd + 2 * pw - dw * (kw - 1) - 1) / sw)) + 1
    y = np.zeros((n, o, ho, wo), dtype=x.dtype)
    for q in range(o):
        first = q // (o // groups) * cg
        for i in range(ho):
            for j in range(wo):
                window = xpad[:, first : first + cg, i * sh :: dh, j * sw :: dw][:, :, :kh, :kw]
                y[:, q, i, j] = (window * w[q]).sum(axis=(1, 2, 3))
        if b is not None:
            y[:, q] += b[q]
    return y


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dwid) = two(stride), two(padding), two(dilation)
    h, wd = x.shape[2:]
    o, cg, kh, kw = w.shape
    xpad = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dxpad, dw, db = np.zeros_like(xpad), np.zeros_like(w), np.zeros(o, dtype=w.dtype)
    for q in range(o):
        first = q // (o // groups) * cg
        for i in range(dy.shape[2]):
            for j in range(dy.shape[3]):
                g = dy[:, q, i, j][:, None, None, None]
                window = np.s_[:, first : first + cg, i * sh : i * sh + dh * (kh - 1) + 1 : dh,
                               j * sw : j * sw + dwid * (kw - 1) + 1 : dwid]  # fmt: skip
                dw[q] += (xpad[window] * g).sum(axis=0)
                dxpad[window] += w[q] * g
        db[q] = dy[:, q].sum()
    return dxpad[:, :, ph : ph + h, pw : pw + wd], dw, db
