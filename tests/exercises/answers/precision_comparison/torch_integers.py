"""Integers in torch, one sum at a time."""

import torch


def _round_off(magnitude, k):
    half = 1 << (k - 1)
    kept, rest = magnitude >> k, magnitude & ((1 << k) - 1)
    up = (rest > half) | ((rest == half) & (kept % 2 == 1))
    return kept + up.to(kept.dtype)


def to_bf16_bits(x):
    bits = x.view(torch.int32).to(torch.int64) & 0xFFFFFFFF
    magnitude = bits & 0x7FFFFFFF
    short = _round_off(magnitude, 16)
    short = torch.where(torch.isnan(x), torch.full_like(short, 0x7FFF), short)
    return (short | (bits >> 31 << 15)).to(torch.int32).to(torch.uint16)


def to_fp16_bits(x):
    bits = x.view(torch.int32).to(torch.int64) & 0xFFFFFFFF
    magnitude = bits & 0x7FFFFFFF
    exponent = (magnitude >> 23) - 127
    significand = (magnitude & 0x7FFFFF) | (1 << 23)
    # below 2**-14 more bits have to go; past 24 of them nothing is left
    more = torch.clamp(-14 - exponent, min=0, max=12)
    scale = 2**more
    quotient, rest = significand // (8192 * scale), significand % (8192 * scale)
    up = (2 * rest > 8192 * scale) | ((2 * rest == 8192 * scale) & (quotient % 2 == 1))
    quotient = quotient + up.to(quotient.dtype)
    normal = ((exponent + 14) << 10) + quotient
    short = torch.where(exponent >= -14, normal, quotient)
    short = torch.where(exponent < -26, torch.zeros_like(short), short).clamp(max=0x7C00)
    short = torch.where(torch.isnan(x), torch.full_like(short, 0x7FFF), short)
    return (short | (bits >> 31 << 15)).to(torch.int32).to(torch.uint16)


def dot_errors(x, y):
    exact = (x.double() * y.double()).sum().item()

    def bf16(v):
        return (to_bf16_bits(v).to(torch.int32) << 16).view(torch.float32)

    def fp16(v):
        bits = to_fp16_bits(v).to(torch.int32)
        e, f = (bits & 0x7C00) >> 10, (bits & 0x3FF).float()
        value = torch.where(e == 0, f * 2.0**-24, (1024 + f) * torch.exp2((e - 25).float()))
        value = torch.where(e == 31, torch.full_like(value, float("inf")), value)
        return torch.where(bits >= 0x8000, -value, value)

    def same(v):
        return v

    def error(short, running):
        total = torch.zeros((), dtype=torch.float32)
        for product in running(short(x) * short(y)):
            total = running(total + product)
        return abs(total.item() - exact) / abs(exact)

    pairs = {"float16": (fp16, fp16), "float16 in float32": (fp16, same), "bfloat16": (bf16, bf16)}
    pairs |= {"bfloat16 in float32": (bf16, same), "float32": (same, same)}
    return {key: error(*pair) for key, pair in pairs.items()}
