"""One number at a time with struct and the standard library, as a reader of IEEE 754 would write it."""

import math
import struct

import numpy as np


def pattern(value, exponent_bits, fraction_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    sign = int(math.copysign(1, value) < 0) << (exponent_bits + fraction_bits)
    infinity = (2**exponent_bits - 1) << fraction_bits
    if math.isnan(value):
        return sign | infinity | 1
    if value == 0:
        return sign  # frexp(0) has no exponent
    if math.isinf(value):
        return sign | infinity
    _, exponent = math.frexp(abs(value))
    exponent = max(exponent - 1, 1 - bias)
    steps = math.ldexp(abs(value), fraction_bits - exponent)
    whole = math.floor(steps)
    rest = steps - whole
    if rest > 0.5 or (rest == 0.5 and whole % 2 == 1):
        whole += 1
    # a whole of 2**(fraction_bits + 1) carries into the exponent by itself
    number = ((exponent + bias - 1) << fraction_bits) + whole
    return sign | min(number, infinity)


def number(bits, exponent_bits, fraction_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    sign = -1.0 if bits >> (exponent_bits + fraction_bits) else 1.0
    exponent = (bits >> fraction_bits) & (2**exponent_bits - 1)
    fraction = bits & (2**fraction_bits - 1)
    if exponent == 2**exponent_bits - 1:
        return sign * (math.nan if fraction else math.inf)
    if exponent == 0:
        return sign * math.ldexp(fraction, 1 - bias - fraction_bits)
    return sign * math.ldexp(fraction + 2**fraction_bits, exponent - bias - fraction_bits)


def convert(x, *format_):
    out = np.empty(x.shape, dtype=np.uint16)
    for index in np.ndindex(x.shape):
        out[index] = pattern(float(x[index]), *format_)
    return out


def to_bf16_bits(x):
    return convert(x, 8, 7)


def to_fp16_bits(x):
    return convert(x, 5, 10)


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def dot_errors(x, y):
    xs, ys = [float(v) for v in x], [float(v) for v in y]
    exact = sum(a * b for a, b in zip(xs, ys, strict=True))

    def error(short, running):
        total = 0.0
        for a, b in zip(xs, ys, strict=True):
            total = running(total + running(short(a) * short(b)))
        return abs(total - exact) / abs(exact)

    def half(value):
        return number(pattern(value, 5, 10), 5, 10)

    def brain(value):
        return number(pattern(value, 8, 7), 8, 7)

    return {
        "float16": error(half, half),
        "float16 in float32": error(half, single),
        "bfloat16": error(brain, brain),
        "bfloat16 in float32": error(brain, single),
        "float32": error(single, single),
    }
