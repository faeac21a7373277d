"""The same on torch tensors with a pair as one complex number: a rotation is one product with exp(i angle)."""

import torch


def _angles(positions, d, base):
    pair = torch.arange((d + 1) // 2, dtype=torch.float64, device=positions.device)
    return torch.outer(positions.to(torch.float64), base ** (-2 * pair / d))


def sinusoidal(positions, d, base=10000.0):
    angles = _angles(positions, d, base)
    columns = torch.empty(len(positions), d, dtype=positions.dtype, device=positions.device)
    columns[:, 0::2] = angles.sin()
    columns[:, 1::2] = angles[:, : d // 2].cos()
    return columns


def rope(x, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(x, offset, base, layout, 1)


def rope_backward(dy, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(dy, offset, base, layout, -1)


def _rotated(x, offset, base, layout, sign):
    t, d = x.shape[-2:]
    if d % 2 != 0:
        raise ValueError(f"a width of {d} has no pairs")
    if layout not in ("interleaved", "half"):
        raise ValueError(f"layout is {layout!r}, not 'interleaved' or 'half'")
    angles = sign * _angles(torch.arange(t, dtype=torch.float64, device=x.device) + offset, d, base)
    if layout == "interleaved":
        turn = torch.complex(angles.cos().to(x.dtype), angles.sin().to(x.dtype))
        return torch.view_as_real(torch.view_as_complex(x.contiguous().unflatten(-1, (d // 2, 2))) * turn).flatten(-2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    out = torch.empty_like(x)
    torch.mul(a, cos, out=out[..., : d // 2]).addcmul_(b, sin, value=-1)
    torch.mul(a, sin, out=out[..., d // 2 :]).addcmul_(b, cos)
    return out
