"""The same rounding in blocks that stay in the cache, written in place; rare kinds of numbers only where there are any.

dot_errors: running sums in float32 are np.add.accumulate, which adds from left to right (np.sum adds in pairs); those
in 16 bits go through Python floats, whose round() takes ties to the even integer.
"""

import math

import numpy as np

BLOCK = 16_384  # numbers: 64 kB of float32 and as much scratch
SMALLEST_NORMAL, INFINITY = 0x38800000, 0x7F800000  # 2**-14 and infinity as float32


def to_bf16_bits(x):
    flat, result = x.reshape(-1), np.empty(x.size, np.uint16)
    for start in range(0, x.size, BLOCK):
        numbers = flat[start : start + BLOCK]
        bits = numbers.view(np.uint32)
        rounded = bits >> 16
        np.bitwise_and(rounded, 1, out=rounded)
        rounded += bits
        rounded += 0x7FFF
        rounded >>= 16
        nan = np.isnan(numbers)
        if nan.any():
            rounded[nan] = 0x7FC0
        result[start : start + BLOCK] = rounded
    return result.reshape(x.shape)


def to_fp16_bits(x):
    flat, result = x.reshape(-1), np.empty(x.size, np.uint16)
    for start in range(0, x.size, BLOCK):
        numbers = flat[start : start + BLOCK]
        bits = numbers.view(np.uint32)
        magnitude = bits & 0x7FFFFFFF
        rounded = magnitude >> 13
        rounded &= 1
        rounded += magnitude
        rounded -= (112 << 23) - 0xFFF
        rounded >>= 13
        np.minimum(rounded, 0x7C00, out=rounded)
        small = magnitude < SMALLEST_NORMAL
        if small.any():
            rounded[small] = np.rint(np.abs(numbers[small]) * np.float32(2.0**24))
        nan = magnitude > INFINITY
        if nan.any():
            rounded[nan] = 0x7E00
        np.right_shift(bits, 16, out=magnitude)
        magnitude &= 0x8000
        rounded |= magnitude
        result[start : start + BLOCK] = rounded
    return result.reshape(x.shape)


def dot_errors(x, y):
    exact = math.fsum(x.astype(np.float64) * y.astype(np.float64))
    computed = {"float32": np.add.accumulate(x * y)[-1]}
    for name, to_format in (("float16", to_float16), ("bfloat16", to_bfloat16)):
        a, b = (np.array([to_format(number) for number in v.tolist()], np.float32) for v in (x, y))
        computed[f"{name} in float32"] = np.add.accumulate(a * b)[-1]
        total = 0.0
        for product in (a * b).tolist():
            total = to_format(total + to_format(product))
        computed[name] = total
    return {
        name: abs(float(value) - exact) / abs(exact) for name, value in computed.items()
    }  # float32 - float is float32


def to_float16(number):
    return nearest(number, fraction_bits=10, least_exponent=-14, overflow=65520.0)


def to_bfloat16(number):
    return nearest(number, fraction_bits=7, least_exponent=-126, overflow=(2 - 2.0**-8) * 2.0**127)


def nearest(number, fraction_bits, least_exponent, overflow):
    """A Python float rounded to that many bits behind the first, ties to even."""
    if abs(number) >= overflow:
        return math.copysign(math.inf, number)
    spacing = math.ldexp(1.0, max(math.frexp(number)[1] - 1, least_exponent) - fraction_bits)
    return round(number / spacing) * spacing
