"""Rounding by arithmetic in float64, as the array API has no view of bits: one file for numpy, torch and CuPy.

From a power of two to the next, a format's numbers are evenly spaced. Divided by that spacing, which is exact, a number
is rounded as any float is to an integer: xp.round takes ties to the even one, whose last bit is 0.
"""

from array_api_compat import array_namespace, device

FORMATS = {  # smallest normal number, spacing above 1, first power of two that is past the largest
    "float16": (2.0**-14, 2.0**-10, 2.0**16),
    "bfloat16": (2.0**-126, 2.0**-7, 2.0**128),
    "float32": (2.0**-126, 2.0**-23, 2.0**128),
}
SUMS = {  # the formats of the inputs, and of products and partial sums
    "float16": ("float16", "float16"),
    "bfloat16": ("bfloat16", "bfloat16"),
    "float16 in float32": ("float16", "float32"),
    "bfloat16 in float32": ("bfloat16", "float32"),
    "float32": ("float32", "float32"),
}


def to_bf16_bits(x):
    return _bits(x, *FORMATS["bfloat16"])


def to_fp16_bits(x):
    return _bits(x, *FORMATS["float16"])


def dot_errors(x, y):
    """All five at once, each in its own lane.

    Rounded twice, to float64's 53 bits and then to 24 or fewer: harmless, as 53 >= 2 * 24 + 2 (Figueroa 1995).
    """
    xp = array_namespace(x)
    x, y = xp.astype(x, xp.float64), xp.astype(y, xp.float64)
    given, summed = (_lanes(x, names) for names in zip(*SUMS.values(), strict=True))
    products = _rounded(_rounded(x[:, None], *given) * _rounded(y[:, None], *given), *summed)
    total = xp.zeros_like(products[0, :])
    for i in range(x.shape[0]):
        total = _rounded(total + products[i, :], *summed)
    exact = xp.sum(x * y)
    errors = xp.abs(total - exact) / xp.abs(exact)
    return {name: float(errors[lane]) for lane, name in enumerate(SUMS)}


def _lanes(x, names):
    """The constants of several formats, each as one array."""
    constants = zip(*(FORMATS[name] for name in names), strict=True)
    return [array_namespace(x).asarray(values, dtype=x.dtype, device=device(x)) for values in constants]


def _split(x, smallest, epsilon, limit):
    """|x| as (start, steps): the power of two at or below it, and how many times epsilon * start the rounded |x| is.

    Below the smallest normal number start stays there. From the limit on, infinity included, |x| is the limit.
    """
    xp = array_namespace(x)
    magnitude = xp.minimum(xp.abs(x), limit)
    q = (2.0**52 + 1) * magnitude  # Rump's formula: what both roundings leave of q is the power of two
    start = xp.maximum(q - (1 - 2.0**-53) * q, smallest)
    return start, xp.round(magnitude / (epsilon * start))


def _rounded(x, smallest, epsilon, limit):
    """The nearest number of the format, as float64."""
    xp = array_namespace(x)
    start, steps = _split(x, smallest, epsilon, limit)
    nearest = steps * (epsilon * start)
    return xp.copysign(xp.where(nearest == limit, xp.inf, nearest), x)


def _bits(x, smallest, epsilon, limit):
    """A normal number's steps hold its leading 1, so the exponent is one less; a carry runs into it by itself."""
    xp = array_namespace(x)
    number = xp.where(xp.isnan(x), 0.0, x)  # NumPy warns when it widens a signalling nan
    start, steps = _split(xp.astype(number, xp.float64), smallest, epsilon, limit)
    bits = xp.round(xp.log2(start / smallest)) / epsilon + steps
    bits = xp.where(xp.signbit(x), bits + 0x8000, bits)
    return xp.astype(xp.where(xp.isnan(x), float(0x7FFF), bits), xp.uint16)  # all ones is a nan in both formats
