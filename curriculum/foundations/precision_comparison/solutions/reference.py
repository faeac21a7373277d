"""Rounding on the bits of float32, in plain NumPy.

A float's bits, read as an integer, count the floats: the next integer is the next float, across exponents too. So
rounding is integer arithmetic, and a carry out of the fraction is meant to run into the exponent.
"""

import numpy as np


def to_bf16_bits(x):
    bits = x.view(np.uint32)
    odd = (bits >> 16) & 1
    rounded = (bits + 0x7FFF + odd) >> 16  # a tie, 0x8000, carries only where the last kept bit is odd
    quiet_nan = (bits >> 16) | 0x0040  # a bit of the payload that is kept, lest nothing but dropped bits is set
    return np.where(np.isnan(x), quiet_nan, rounded).astype(np.uint16)


def to_fp16_bits(x):
    bits = x.view(np.uint32)
    sign = (bits >> 16) & 0x8000
    magnitude = bits & 0x7FFFFFFF
    smallest_normal = 0x38800000  # 2**-14
    rebiased = np.maximum(magnitude, smallest_normal) - ((127 - 15) << 23)
    odd = (rebiased >> 13) & 1
    normal = np.minimum((rebiased + 0xFFF + odd) >> 13, 0x7C00)
    steps = (
        np.where(magnitude < smallest_normal, np.abs(x), 0) * 2.0**24
    )  # exact; rounds to 1024, 2**-14's pattern, at most
    subnormal = np.rint(steps).astype(np.uint32)
    result = np.where(magnitude < smallest_normal, subnormal, normal)
    result = np.where(np.isnan(x), 0x7E00, result)
    return (sign | result).astype(np.uint16)


def dot_errors(x, y):
    exact = np.sum(x.astype(np.float64) * y.astype(np.float64))
    errors = {"float32": relative_error(running_sum(x * y), exact)}
    for name, round_to in (("float16", round_fp16), ("bfloat16", round_bf16)):
        products = round_to(x) * round_to(y)  # float32 holds a product of two of these exactly
        errors[name] = relative_error(running_sum(round_to(products), round_to), exact)
        errors[f"{name} in float32"] = relative_error(running_sum(products), exact)
    return errors


def running_sum(terms, round_to=lambda total: total):
    # rounded twice, to float32's 24 bits and then to 11 or 8: harmless, as 24 >= 2 * 11 + 2 (Figueroa 1995)
    total = np.float32(0)
    for term in terms:
        total = round_to(total + term)
    return float(total)


def relative_error(computed, exact):
    return float(abs(computed - exact) / abs(exact))


def round_bf16(x):
    return (to_bf16_bits(x).astype(np.uint32) << 16).view(np.float32)


def round_fp16(x):
    bits = to_fp16_bits(x).astype(np.int32)
    exponent, fraction = (bits >> 10) & 31, bits & 1023
    significand = np.where(exponent == 0, fraction, fraction + 1024).astype(np.float32)
    value = np.ldexp(significand, np.maximum(exponent, 1) - 25)
    value = np.where(exponent == 31, np.where(fraction == 0, np.inf, np.nan), value)
    return np.where(bits >> 15, -value, value).astype(np.float32)
