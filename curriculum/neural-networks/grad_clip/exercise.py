"""Gradient clipping by global norm and by value: your template. Copy of it: impls/grad_clip/grad_clip.py.

grads is a list of float arrays of any shapes, () and empty ones too, all of one dtype; the list may be empty. For numpy arrays,
torch tensors or CuPy arrays; `array_api_compat.array_namespace(g)` gives their library's functions. Results are new lists in
the same order, shapes and dtype; the arrays given stay as they are, and may be returned themselves where nothing changes.
"""


def clip_by_norm(grads, max_norm):
    """Return (clipped, total_norm): all gradients scaled by one factor so that their norm is at most max_norm >= 0.

    total_norm, a Python float, is the root of the sum of all squares of all arrays, before clipping. If it is above max_norm
    every array is multiplied by max_norm / total_norm (no 1e-6 added); else all come back to the bit.
    It is right wherever it can be represented: squares may overflow or vanish (float16: beyond 255; float32: 1e30, 1e-30),
    the norm does not. With an inf or nan among the entries total_norm is inf or nan and the gradients come back as they are,
    so that the caller sees it and skips the step.
    Source: Pascanu, Mikolov, Bengio 2013, https://arxiv.org/abs/1211.5063
    """
    raise NotImplementedError("write clip_by_norm() in impls/grad_clip/grad_clip.py")


def clip_by_value(grads, c):
    """Return the list with every entry brought into [-c, c], c >= 0. inf becomes c, -inf becomes -c, nan stays nan."""
    raise NotImplementedError("write clip_by_value() in impls/grad_clip/grad_clip.py")
