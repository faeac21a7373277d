"""float16 and bfloat16 by their bits, and what they do to a dot product: your template.

Both formats have 16 bits: a sign, then 5 bits of exponent and 10 of fraction (float16, IEEE 754 binary16), or 8 and 7
(bfloat16, the upper half of a float32). Work on the bits of the float32; the library's own half-precision types are
what this exercise is about. x stays as it was.
"""


def to_bf16_bits(x):
    """Round float32 numbers to bfloat16 and return the bits: uint16, same shape as x.

    Round to nearest, ties to the even last bit. What rounds past the largest finite number becomes infinity; zeros and
    infinities keep their signs; subnormal numbers (below 2**-126) are rounded too, not flushed to zero. NaN becomes any
    NaN: exponent all ones, fraction not zero, also where all set bits of its payload lie in the dropped half.
    Source: Kalamkar et al. 2019, https://arxiv.org/abs/1905.12322
    """
    raise NotImplementedError("write to_bf16_bits() in impls/precision_comparison/precision_comparison.py")


def to_fp16_bits(x):
    """Round float32 numbers to float16 and return the bits: uint16, same shape as x.

    Rules as for bfloat16. The largest finite number is 65504, and 65520, half-way to the next, is the first that
    becomes infinite. The smallest normal number is 2**-14; below it the spacing stays 2**-24, so that 2**-25 becomes 0
    (a tie).
    Source: IEEE 754-2019, https://doi.org/10.1109/IEEESTD.2019.8766229
    """
    raise NotImplementedError("write to_fp16_bits() in impls/precision_comparison/precision_comparison.py")


def dot_errors(x, y):
    """Return the relative errors of five ways to compute the dot product of x and y, float32 arrays (n,), n >= 1.

    A dict of Python floats, |computed - exact| / |exact|, where exact is sum(x_i * y_i) of the numbers as given, in
    float64. All sums run from left to right, starting at 0. The keys:
    'float16': x, y, every product and every partial sum are rounded to float16; 'bfloat16': the same in bfloat16;
    'float16 in float32', 'bfloat16 in float32': only x and y are rounded to 16 bits, products and partial sums to
    float32; 'float32': products and partial sums are rounded to float32.
    A sum that overflows has the error inf. exact is never 0 here.
    Source: Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740
    """
    raise NotImplementedError("write dot_errors() in impls/precision_comparison/precision_comparison.py")
