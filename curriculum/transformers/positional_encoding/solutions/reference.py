"""Sinusoidal and rotary positions as they are defined. One file for numpy, torch and cupy (array API)."""

from array_api_compat import array_namespace, device


def _angles(xp, positions, d, base):
    """The angle of every position and pair, (n, (d + 1) // 2), in float64."""
    pair = xp.arange((d + 1) // 2, dtype=xp.float64, device=device(positions))
    return xp.astype(positions, xp.float64)[:, None] * base ** (-2 * pair / d)


def sinusoidal(positions, d, base=10000.0):
    xp = array_namespace(positions)
    angles = _angles(xp, positions, d, base)
    pairs = xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1)
    columns = xp.reshape(pairs, (angles.shape[0], 2 * angles.shape[1]))
    return xp.astype(columns[:, :d], positions.dtype)


def rope(x, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(x, offset, base, layout, 1)


def rope_backward(dy, offset=0, base=10000.0, layout="interleaved"):
    return _rotated(dy, offset, base, layout, -1)  # the transpose of a rotation is the rotation back


def _rotated(x, offset, base, layout, sign):
    xp, d = array_namespace(x), x.shape[-1]
    if d % 2 != 0:
        raise ValueError(f"a width of {d} has no pairs")
    if layout not in ("interleaved", "half"):
        raise ValueError(f"layout is {layout!r}, not 'interleaved' or 'half'")
    positions = xp.arange(x.shape[-2], dtype=xp.float64, device=device(x)) + offset
    angles = sign * _angles(xp, positions, d, base)
    cos, sin = xp.astype(xp.cos(angles), x.dtype), xp.astype(xp.sin(angles), x.dtype)
    if layout == "interleaved":
        a, b = x[..., 0::2], x[..., 1::2]
        return xp.reshape(xp.stack([a * cos - b * sin, a * sin + b * cos], axis=-1), x.shape)
    a, b = x[..., : d // 2], x[..., d // 2 :]
    return xp.concat([a * cos - b * sin, a * sin + b * cos], axis=-1)
